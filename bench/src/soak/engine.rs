//! An engine with a root of its own, used as a person would use it, that must be clean in the end.
//!
//! A command that fails is an error and not a panic: the containers have to go either way.

use corten_testkit::{Corten, Outcome, leftovers};

use crate::error::{Error, Result};
use crate::workshop::{IMAGE, PAYLOAD, Workshop};

/// Arguments of one command; a thousand ids would be too long a line for a person to read.
const BATCH: usize = 100;

pub(super) struct Engine {
    /// The long run's name, for errors.
    name: &'static str,
    corten: Corten,
}

impl Engine {
    /// With the payload's image loaded.
    pub(super) fn new(name: &'static str, workshop: &Workshop) -> Result<Engine> {
        let engine = Engine { name, corten: Corten::new(&workshop.programs.corten) };
        engine.run(&["load", "--input", &workshop.archive().display().to_string()])?;
        Ok(engine)
    }

    pub(super) fn corten(&self) -> &Corten {
        &self.corten
    }

    /// Runs a command that has to succeed.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<Outcome> {
        let outcome = self.corten.run(arguments);
        if outcome.code == 0 {
            return Ok(outcome);
        }
        let (code, errors) = (outcome.code, outcome.stderr());
        Err(self.found(format!("`{}` ended with {code}: {}", outcome.command, errors.trim())))
    }

    /// Says so at once, too: what is then left behind is complained of when the engine goes, before anybody sees this.
    pub(super) fn found(&self, finding: impl Into<String>) -> Error {
        let error = Error::Soak { run: self.name, finding: finding.into() };
        eprintln!("{error}");
        error
    }

    /// Ids of all containers.
    pub(super) fn containers(&self) -> Result<Vec<String>> {
        let listed = self.run(&["ps", "--all", "--quiet", "--no-trunc"])?.stdout();
        Ok(listed.split_whitespace().map(str::to_owned).collect())
    }

    pub(super) fn remove_all(&self) -> Result<()> {
        for batch in self.containers()?.chunks(BATCH) {
            let ids: Vec<&str> = batch.iter().map(String::as_str).collect();
            self.run(&[&["rm", "--force"], ids.as_slice()].concat())?;
        }
        Ok(())
    }

    /// Removes everything, waits for what is under way, and looks for what is left: by the engine's own check and by ours.
    pub(super) fn finish(self) -> Result<()> {
        self.remove_all()?;
        self.run(&["system", "settle"])?;
        let check = self.corten.run(&["system", "check"]);
        if check.code != 0 {
            return Err(self.found(format!("`system check`: {}{}", check.stdout(), check.stderr())));
        }
        let left = leftovers(self.corten.root());
        if left.is_empty() { Ok(()) } else { Err(self.found(format!("left behind:\n{}", left.join("\n")))) }
    }
}

/// `run` with these flags, of the payload with these words, and without a network.
pub(super) fn run_payload<'a>(flags: &[&'a str], words: &[&'a str]) -> Vec<&'a str> {
    [&["run", "--network", "none"], flags, &[IMAGE, PAYLOAD], words].concat()
}
