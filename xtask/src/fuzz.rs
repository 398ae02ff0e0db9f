//! Fuzzing: strange input for everything that reads what strangers wrote.
//!
//! The targets are programs of `fuzz/`, a workspace of its own. They are built with the compiler's own coverage pass, which needs no
//! other toolchain. It keeps what it finds out of the repository: a corpus that is worth keeping is put into `fuzz/seeds` by hand.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::metadata::Metadata;
use crate::{process, workspace};

/// What libFuzzer wants to know of every edge and comparison.
const COVERAGE: &str = "-Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Ccodegen-units=1";

/// Seconds for each target where nothing else is said.
const SECONDS: u64 = 60;

/// When a target has been fuzzed enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Length {
    Seconds(u64),
    /// So many inputs, the same in every run.
    Inputs(u64),
}

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
struct Request {
    length: Length,
    /// All of them where there is none.
    targets: Vec<String>,
}

/// Runs `[--seconds=N|--inputs=N] [TARGET...]`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let request = Request::parse(arguments)?;
    let all = targets()?;
    if let Some(unknown) = request.targets.iter().find(|target| !all.contains(target)) {
        let known = all.join(", ");
        return Err(Error::Usage(format!("there is no fuzz target `{unknown}`; there are {known}")));
    }
    let place = Metadata::load()?.target_directory.join("fuzz");
    for target in if request.targets.is_empty() { &all } else { &request.targets } {
        fuzz(target, request.length, &place)?;
    }
    Ok(())
}

impl Request {
    fn parse(arguments: &[String]) -> Result<Request> {
        let mut request = Request { length: Length::Seconds(SECONDS), targets: Vec::new() };
        for word in arguments {
            let refused = || {
                let usage = "`fuzz [--seconds=N|--inputs=N] [TARGET...]`";
                Error::Usage(format!("cannot understand `{word}`; {usage}"))
            };
            let number = |text: &str| text.parse::<u64>().map_err(|_| refused());
            match word.split_once('=') {
                Some(("--seconds", text)) => request.length = Length::Seconds(number(text)?),
                Some(("--inputs", text)) => request.length = Length::Inputs(number(text)?),
                None if !word.starts_with('-') => request.targets.push(word.clone()),
                _ => return Err(refused()),
            }
        }
        Ok(request)
    }
}

/// The names of the programs, in order.
fn targets() -> Result<Vec<String>> {
    let directory = workspace::root().join("fuzz/targets");
    let failed = |source| Error::file("read", &directory)(source);
    let mut names = Vec::new();
    for entry in fs::read_dir(&directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

/// Runs one target until that is enough or it has found something, which it leaves in `place`.
fn fuzz(target: &str, length: Length, place: &Path) -> Result<()> {
    let directory = |kind: &str| -> Result<PathBuf> {
        let path = place.join(kind).join(target);
        fs::create_dir_all(&path).map_err(Error::file("make", &path))?;
        Ok(path)
    };
    let length = match length {
        Length::Seconds(seconds) => [format!("-max_total_time={seconds}"), "-seed=0".to_owned()],
        Length::Inputs(inputs) => [format!("-runs={inputs}"), "-seed=1".to_owned()],
    };
    let findings = format!("-artifact_prefix={}/", directory("findings")?.display());
    let corpus = directory("corpus")?.display().to_string();
    let seeds = workspace::root().join("fuzz/seeds").join(target);
    let seeds = seeds.is_dir().then(|| seeds.display().to_string());
    let place = place.display().to_string();

    let mut cargo = vec!["run", "--release", "--quiet", "--manifest-path", "fuzz/Cargo.toml"];
    cargo.extend(["--target-dir", &place, "--bin", target, "--", &findings, "-verbosity=0"]);
    cargo.extend(length.iter().map(String::as_str));
    // The first is the one that what is found is added to.
    cargo.push(&corpus);
    cargo.extend(seeds.as_deref());
    process::run_cargo_with(&cargo, Some(("RUSTFLAGS".to_owned(), COVERAGE.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Option<Request> {
        Request::parse(&words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>()).ok()
    }

    #[test]
    fn what_would_be_ignored_is_refused() {
        let asked = Request { length: Length::Inputs(5), targets: vec!["layer".to_owned()] };
        assert_eq!(parse(&["--inputs=5", "layer"]), Some(asked));
        assert_eq!(parse(&["--seconds"]), None);
        assert_eq!(parse(&["--seconds=soon"]), None);
        assert_eq!(parse(&["-runs=3"]), None);
    }

    #[test]
    fn every_target_is_a_program_of_the_fuzz_package() {
        let manifest = fs::read_to_string(workspace::root().join("fuzz/Cargo.toml")).unwrap();
        for target in targets().unwrap() {
            assert!(manifest.contains(&format!("path = \"targets/{target}.rs\"")), "{target}");
        }
    }
}
