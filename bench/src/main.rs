//! `corten-bench NAME`: one measurement, or a long run. `cargo xtask bench` and `cargo xtask soak` come here.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use corten_bench::error::{Error, Result};
use corten_bench::measurement::{self, Options};
use corten_bench::soak;

const USAGE: &str = "\
usage: corten-bench start|exec|logs|pull|push|net|api|density [--samples=N] [--gap=MILLISECONDS]
       corten-bench soak [NAME...] | network|clients|killed|week [--rounds=N] [--seed=S] | crash [--rounds=N] [--seed=S] [--first=ROUND] [--keep] [--measure]";

/// In the repository, where results are kept.
const RESULTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/results");

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("corten-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    match arguments.split_first() {
        Some((name, rest)) if name == "soak" => soak::run(rest, Path::new(RESULTS)),
        Some((name, rest)) => measure(name, rest),
        None => Err(Error::Usage(USAGE.to_owned())),
    }
}

fn measure(name: &str, rest: &[String]) -> Result<()> {
    let report = measurement::run(name, options(rest)?)?;
    print!("{report}");
    println!("\nkept in {}", report.write(Path::new(RESULTS))?.display());
    Ok(())
}

fn options(words: &[String]) -> Result<Options> {
    let mut options = Options::default();
    for word in words {
        let refused = || Error::Usage(format!("cannot understand `{word}`\n{USAGE}"));
        let (flag, value) = word.split_once('=').ok_or_else(refused)?;
        match flag {
            "--samples" => options.samples = Some(value.parse().map_err(|_| refused())?),
            "--gap" => options.gap = Duration::from_millis(value.parse().map_err(|_| refused())?),
            _ => return Err(refused()),
        }
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_ignored_is_refused() {
        let parse = |words: &[&str]| options(&words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>());
        let expected = Options { samples: Some(30), gap: Duration::from_millis(300) };
        assert_eq!(parse(&["--samples=30", "--gap=300"]).unwrap(), expected);
        for words in [["--samples"], ["--sample=3"], ["--samples=many"]] {
            assert!(parse(&words).is_err(), "{words:?}");
        }
    }
}
