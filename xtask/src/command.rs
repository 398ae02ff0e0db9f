//! What was typed after `cargo xtask`.
//!
//! Seven words need no argument parser; what follows `test`, `bench`, `soak` and `fuzz` is passed on unread.

use crate::error::{Error, Result};

pub(crate) const HELP: &str = "\
usage: cargo xtask <command>

  ci             what CI runs: format, tidy, clippy, every test
  tidy           the rules of the code base that no compiler checks
  test [ARGS]    every test, then a look for what they left on the machine;
                 ARGS go to the test runner (a name, say)
  bench NAME     a measurement from bench/, `start` say; NAME is passed on, as is what follows
  soak [NAME]    what takes long: thousands of containers, a minute of two engines;
                 `crash [--rounds=N] [--seed=S]`: five thousand commands that are killed
  fuzz [TARGET]  strange input, a minute for each target, or `--seconds=N` or `--inputs=N`
  dist           one static program under dist/
";

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Ci,
    Tidy,
    Test(Vec<String>),
    Bench(Vec<String>),
    Soak(Vec<String>),
    Fuzz(Vec<String>),
    Dist,
    Help,
}

impl Command {
    pub(crate) fn parse(arguments: &[String]) -> Result<Command> {
        let Some((word, rest)) = arguments.split_first() else { return Ok(Command::Help) };
        let alone = |command| match rest.first() {
            None => Ok(command),
            Some(extra) => Err(Error::Usage(format!("`{word}` takes no argument, but was given `{extra}`"))),
        };
        match word.as_str() {
            "ci" => alone(Command::Ci),
            "tidy" => alone(Command::Tidy),
            "dist" => alone(Command::Dist),
            "help" | "-h" | "--help" => alone(Command::Help),
            "test" => Ok(Command::Test(rest.to_vec())),
            "bench" => Ok(Command::Bench(rest.to_vec())),
            "soak" => Ok(Command::Soak(rest.to_vec())),
            "fuzz" => Ok(Command::Fuzz(rest.to_vec())),
            other => {
                Err(Error::Usage(format!("there is no command `{other}`; `cargo xtask help` lists them")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> std::result::Result<Command, String> {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        Command::parse(&words).map_err(|error| error.to_string())
    }

    #[test]
    fn test_and_bench_pass_on_what_follows() {
        assert_eq!(parse(&["test", "-p", "xtask"]), Ok(Command::Test(vec!["-p".into(), "xtask".into()])));
        assert_eq!(parse(&["bench", "start"]), Ok(Command::Bench(vec!["start".into()])));
    }

    #[test]
    fn what_would_be_ignored_is_refused() {
        assert_eq!(parse(&["ci", "--fast"]), Err("`ci` takes no argument, but was given `--fast`".into()));
        assert!(parse(&["tidi"]).is_err());
    }
}
