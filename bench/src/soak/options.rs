//! How many rounds a run that draws lots makes, and which.

use crate::error::{Error, Result};

/// What may be said after the names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// How many; else as many as the run makes by itself.
    pub rounds: Option<u64>,
    /// What makes them the ones that they are.
    pub seed: u64,
    /// The first, to see a failure again.
    pub first: u64,
    /// Leave the files of an engine that something was found of.
    pub keep: bool,
    /// Only count what could be struck.
    pub measure: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { rounds: None, seed: 1, first: 0, keep: false, measure: false }
    }
}

impl Options {
    /// Takes options from among `words`; what is left are names.
    ///
    /// # Errors
    /// [`Error::Usage`].
    pub(super) fn parse(words: &[String]) -> Result<(Options, Vec<String>)> {
        let (mut options, mut names) = (Options::default(), Vec::new());
        for word in words {
            let refused = || Error::Usage(format!("cannot understand `{word}`"));
            let number = |text: &str| text.parse::<u64>().map_err(|_| refused());
            match word.split_once('=') {
                Some(("--rounds", text)) => options.rounds = Some(number(text)?),
                Some(("--seed", text)) => options.seed = number(text)?,
                Some(("--first", text)) => options.first = number(text)?,
                None if word == "--keep" => options.keep = true,
                None if word == "--measure" => options.measure = true,
                None if !word.starts_with('-') => names.push(word.clone()),
                _ => return Err(refused()),
            }
        }
        Ok((options, names))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_ignored_is_refused() {
        let parse =
            |words: &[&str]| Options::parse(&words.iter().map(|&it| it.to_owned()).collect::<Vec<_>>());
        let expected = Options { rounds: Some(7), seed: 3, first: 20, keep: true, measure: true };
        let words = ["crash", "--rounds=7", "--seed=3", "--first=20", "--keep", "--measure"];
        assert_eq!(parse(&words).unwrap(), (expected, vec!["crash".to_owned()]));
        for word in ["--rounds", "--rounds=many", "--sed=3", "--keep=no"] {
            assert!(parse(&[word]).is_err(), "{word}");
        }
    }
}
