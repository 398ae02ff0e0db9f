//! What takes too long for CI: many containers, many bytes, many engines. Each run cleans up after itself, and fails when
//! anything of it is left on the machine.
//!
//! What is left is looked for twice: what belongs to the engine of a run, and mounts and network links of whomever, for which nobody
//! else may add or remove any meanwhile.

mod clients;
mod crash;
mod engine;
mod engines;
mod footprint;
mod lines;
mod many;
mod network;
mod options;
mod random;
mod served;
mod streams;
mod stuck;

use std::path::Path;

use corten_testkit::host::Snapshot;

use crate::error::{Error, Result};
use crate::machine::Machine;
use crate::report::Report;
use crate::workshop::{Programs, Workshop};
pub use options::Options;

/// One long run: makes an engine of its own, uses it, and reports what it saw.
#[derive(Clone, Copy)]
enum Run {
    /// Always the same.
    Fixed(fn(&Workshop, Machine) -> Result<Report>),
    /// As the options say.
    Drawn(fn(&Workshop, Machine, &Options) -> Result<Report>),
}

const RUNS: [(&str, Run); 11] = [
    ("many", Run::Fixed(many::run)),
    ("bridge", Run::Fixed(many::run_on_bridge)),
    ("streams", Run::Fixed(streams::run)),
    ("lines", Run::Fixed(lines::run)),
    ("engines", Run::Fixed(engines::run)),
    (stuck::NAME, Run::Fixed(stuck::run)),
    (clients::NAME, Run::Drawn(clients::run)),
    (clients::KILLED, Run::Drawn(clients::run_killed)),
    (clients::WEEK, Run::Drawn(clients::run_week)),
    (network::NAME, Run::Drawn(network::run)),
    (crash::NAME, Run::Drawn(crash::run)),
];

/// Those whose links are in a network of their own: the machine's are somebody else's.
const IN_A_SITE: [&str; 5] = ["bridge", clients::NAME, clients::KILLED, clients::WEEK, network::NAME];

/// Makes the runs that `words` name, or all of them, and keeps a report of each below `results`. Options stand among the names, for
/// those alone that draw lots.
///
/// # Errors
/// [`Error::Usage`] for a name that is none; the first thing that went wrong.
pub fn run(words: &[String], results: &Path) -> Result<()> {
    let (options, runs) = chosen(words)?;
    let workshop = Workshop::new(Programs::beside_this_one()?)?;
    if !workshop.programs.corten.exists() {
        return Err(Error::NotBuilt { path: workshop.programs.corten.clone(), package: "corten" });
    }
    for (name, run) in runs {
        println!("soak {name} …");
        let before = Snapshot::take();
        let machine = Machine::look(&workshop.place(""));
        let report = match run {
            Run::Fixed(run) => run(&workshop, machine),
            Run::Drawn(run) => run(&workshop, machine, &options),
        }?;
        print!("{report}");
        println!("\nkept in {}", report.write(results)?.display());
        let mut left = Snapshot::take().beyond(&before);
        // These tell whose they are, and those of the run's own engine were looked for when it ended.
        left.retain(|line| {
            let is_elsewhere = IN_A_SITE.contains(&name) && line.starts_with("network link ");
            !line.starts_with("cgroup ")
                && !line.starts_with("process ")
                && !line.contains("namespace")
                && !is_elsewhere
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

fn chosen(words: &[String]) -> Result<(Options, Vec<(&'static str, Run)>)> {
    let (options, names) = Options::parse(words)?;
    let find = |name: &String| {
        let known = || RUNS.map(|(name, _)| name).join(", ");
        let found = RUNS.iter().find(|(known, _)| known == name).copied();
        found.ok_or_else(|| Error::Usage(format!("there is no soak `{name}`; there are {}", known())))
    };
    let runs: Vec<_> = names.iter().map(find).collect::<Result<_>>()?;
    if options != Options::default() && !matches!(runs[..], [(_, Run::Drawn(_))]) {
        return Err(Error::Usage(format!(
            "options are for soak `{}`, `{}`, `{}`, `{}` and `{}`, one at a time",
            clients::NAME,
            clients::KILLED,
            clients::WEEK,
            crash::NAME,
            network::NAME
        )));
    }
    Ok((options, if runs.is_empty() { RUNS.to_vec() } else { runs }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_chosen_by_name_and_unknown_names_are_refused() {
        let names = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
            chosen(&words).map(|(_, runs)| runs.into_iter().map(|(name, _)| name).collect::<Vec<_>>())
        };
        assert_eq!(
            names(&[]).unwrap(),
            [
                "many", "bridge", "streams", "lines", "engines", "stuck", "clients", "killed", "week",
                "network", "crash"
            ]
        );
        assert_eq!(names(&["lines", "many"]).unwrap(), ["lines", "many"]);
        assert_eq!(names(&["crash", "--seed=7"]).unwrap(), ["crash"]);
        assert!(names(&["lines", "--seed=7"]).is_err() && names(&["--seed=7"]).is_err());
        assert_eq!(
            names(&["sheep"]).unwrap_err().to_string(),
            "there is no soak `sheep`; there are many, bridge, streams, lines, engines, stuck, clients, killed, week, network, crash"
        );
    }
}
