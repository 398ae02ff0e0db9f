//! Flags and arguments of one command, in the forms that callers of runc use: `--flag value`, `--flag=value`, `-f value`.
//!
//! It knows no command.

use super::error::CommandError;

/// A flag that a command takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flag {
    /// Without dashes.
    pub(super) name: &'static str,
    /// One letter, or empty.
    pub(super) short: &'static str,
    /// Whether a value follows.
    pub(super) takes_value: bool,
}

impl Flag {
    pub(super) const fn switch(name: &'static str, short: &'static str) -> Self {
        Self { name, short, takes_value: false }
    }

    pub(super) const fn value(name: &'static str, short: &'static str) -> Self {
        Self { name, short, takes_value: true }
    }

    fn is(&self, word: &str) -> bool {
        self.name == word || (!self.short.is_empty() && self.short == word)
    }
}

/// What was typed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Parsed {
    flags: Vec<(&'static str, String)>,
    /// What is no flag; everything after the first of them belongs here too, and after `--`.
    pub(super) arguments: Vec<String>,
}

/// # Errors
/// A flag that is not in `known`, and one whose value is missing.
pub(super) fn parse(known: &[Flag], words: &[String]) -> Result<Parsed, CommandError> {
    let mut parsed = Parsed::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let Some(flag) = word.strip_prefix('-').filter(|flag| !flag.is_empty()) else {
            parsed.arguments.push(word.clone());
            break;
        };
        if word == "--" {
            break;
        }
        let flag = flag.strip_prefix('-').unwrap_or(flag);
        let (name, given) =
            flag.split_once('=').map_or((flag, None), |(name, value)| (name, Some(value.to_owned())));
        let found = known.iter().find(|flag| flag.is(name));
        let found = found.ok_or_else(|| CommandError::Usage(format!("unknown flag `{word}`")))?;
        let value = match (found.takes_value, given) {
            (true, Some(value)) => value,
            (true, None) => {
                let next = words.next().cloned();
                next.ok_or_else(|| CommandError::Usage(format!("flag `{word}` needs a value")))?
            }
            (false, given) => given.unwrap_or_else(|| "true".to_owned()),
        };
        parsed.flags.push((found.name, value));
    }
    parsed.arguments.extend(words.cloned());
    Ok(parsed)
}

impl Parsed {
    /// The last value of a flag.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.flags.iter().rev().find(|(flag, _)| *flag == name).map(|(_, value)| value.as_str())
    }

    /// Every value of a flag, in order.
    pub(super) fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.flags.iter().filter(move |(flag, _)| *flag == name).map(|(_, value)| value.as_str())
    }

    /// Whether a switch is on.
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.value(name).is_some_and(|value| value != "false")
    }

    /// A value that is a number.
    ///
    /// # Errors
    /// A value that is none.
    pub(super) fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, CommandError> {
        let read = |value: &str| {
            value.parse().map_err(|_| CommandError::Usage(format!("flag `--{name}`: `{value}` is no number")))
        };
        self.value(name).map(read).transpose()
    }

    /// The only argument: the container.
    ///
    /// # Errors
    /// Fewer or more arguments than one.
    pub(super) fn container(&self) -> Result<&str, CommandError> {
        match self.arguments.as_slice() {
            [id] => Ok(id),
            [] => Err(CommandError::Usage("the container's id is missing".into())),
            [_, more, ..] => Err(CommandError::Usage(format!("unexpected argument `{more}`"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[Flag] =
        &[Flag::value("bundle", "b"), Flag::switch("detach", "d"), Flag::value("env", "e")];

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn all_forms_of_a_flag_mean_the_same() {
        for text in
            ["--bundle /b -d id", "-b /b --detach id", "--bundle=/b -detach id", "-bundle /b -d=true id"]
        {
            let parsed = parse(KNOWN, &words(text)).unwrap();
            assert_eq!((parsed.value("bundle"), parsed.is_set("detach")), (Some("/b"), true), "{text}");
            assert_eq!(parsed.container().unwrap(), "id");
        }
    }

    #[test]
    fn flags_after_the_first_argument_belong_to_it() {
        let parsed = parse(KNOWN, &words("-e A=1 -e B=2 id ls -d")).unwrap();
        assert_eq!(parsed.values("env").collect::<Vec<_>>(), ["A=1", "B=2"]);
        assert_eq!(parsed.arguments, ["id", "ls", "-d"]);
    }

    #[test]
    fn unknown_flags_and_missing_values_are_refused() {
        assert_eq!(parse(KNOWN, &words("--no-such id")).unwrap_err().to_string(), "unknown flag `--no-such`");
        assert_eq!(
            parse(KNOWN, &words("--bundle")).unwrap_err().to_string(),
            "flag `--bundle` needs a value"
        );
    }
}
