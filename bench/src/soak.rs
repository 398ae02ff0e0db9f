//! What takes too long for CI: many containers, many bytes, many engines. Each run cleans up after itself, and fails when
//! anything of it is left on the machine.
//!
//! What is left is looked for twice: what belongs to the engine of a run, and mounts and network links of whomever, for which nobody
//! else may add or remove any meanwhile.

mod engine;
mod engines;
mod footprint;
mod lines;
mod many;
mod streams;

use std::path::Path;

use corten_testkit::host::Snapshot;

use crate::error::{Error, Result};
use crate::machine::Machine;
use crate::report::Report;
use crate::workshop::{Programs, Workshop};

/// One long run: makes an engine of its own, uses it, and reports what it saw.
type Run = fn(&Workshop, Machine) -> Result<Report>;

const RUNS: [(&str, Run); 4] =
    [("many", many::run), ("streams", streams::run), ("lines", lines::run), ("engines", engines::run)];

/// Makes the named runs, or all of them, and keeps a report of each below `results`.
///
/// # Errors
/// [`Error::Usage`] for a name that is none; the first thing that went wrong.
pub fn run(names: &[String], results: &Path) -> Result<()> {
    let workshop = Workshop::new(Programs::beside_this_one()?)?;
    if !workshop.programs.corten.exists() {
        return Err(Error::NotBuilt { path: workshop.programs.corten.clone(), package: "corten" });
    }
    for (name, run) in chosen(names)? {
        println!("soak {name} …");
        let before = Snapshot::take();
        let report = run(&workshop, Machine::look(&workshop.place("")))?;
        print!("{report}");
        println!("\nkept in {}", report.write(results)?.display());
        let mut left = Snapshot::take().beyond(&before);
        // These tell whose they are, and those of the run's own engine were looked for when it ended.
        left.retain(|line| {
            !line.starts_with("cgroup ") && !line.starts_with("process ") && !line.contains("namespace")
        });
        if !left.is_empty() {
            return Err(Error::Soak {
                run: name,
                finding: format!("left on the machine:\n{}", left.join("\n")),
            });
        }
    }
    Ok(())
}

fn chosen(names: &[String]) -> Result<Vec<(&'static str, Run)>> {
    if names.is_empty() {
        return Ok(RUNS.to_vec());
    }
    let find = |name: &String| {
        let known = || RUNS.map(|(name, _)| name).join(", ");
        let found = RUNS.iter().find(|(known, _)| known == name).copied();
        found.ok_or_else(|| Error::Usage(format!("there is no soak `{name}`; there are {}", known())))
    };
    names.iter().map(find).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_chosen_by_name_and_unknown_names_are_refused() {
        let names = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
            chosen(&words).map(|runs| runs.into_iter().map(|(name, _)| name).collect::<Vec<_>>())
        };
        assert_eq!(names(&[]).unwrap(), ["many", "streams", "lines", "engines"]);
        assert_eq!(names(&["lines", "many"]).unwrap(), ["lines", "many"]);
        assert_eq!(
            names(&["sheep"]).unwrap_err().to_string(),
            "there is no soak `sheep`; there are many, streams, lines, engines"
        );
    }
}
