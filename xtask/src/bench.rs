//! Hands measurements and long runs over to the package that knows them.
//!
//! It knows no benchmark by name, so that a new one needs no change here.

use crate::{
    error::{Error, Result},
    metadata::Metadata,
    process,
};

const PACKAGE: &str = "corten-bench";

/// `cargo xtask bench NAME …` is program NAME; `cargo xtask soak …` is program `soak`.
pub(crate) fn run(word: &str, arguments: &[String]) -> Result<()> {
    if !Metadata::load()?.has_member(PACKAGE) {
        return Err(Error::NoBench(PACKAGE));
    }
    let program = command_line(word, arguments)?;
    process::run_cargo(&["build", "--release", "--package", "corten", "--package", PACKAGE])?;
    let mut cargo = vec!["run", "--release", "--package", PACKAGE, "--"];
    cargo.extend(program.iter().map(String::as_str));
    process::run_cargo(&cargo)
}

fn command_line(word: &str, arguments: &[String]) -> Result<Vec<String>> {
    if word == "soak" {
        return Ok([vec!["soak".to_owned()], arguments.to_vec()].concat());
    }
    if arguments.is_empty() {
        return Err(Error::Usage("`bench` needs the name of a measurement, `start` say".to_owned()));
    }
    Ok(arguments.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn soak_is_a_program_and_bench_names_one() {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        assert_eq!(command_line("soak", &words(&["many"])).unwrap(), words(&["soak", "many"]));
        assert_eq!(
            command_line("bench", &words(&["start", "--runs=3"])).unwrap(),
            words(&["start", "--runs=3"])
        );
        assert!(command_line("bench", &[]).is_err());
    }
}
