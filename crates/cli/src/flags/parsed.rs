//! What was typed: the values of flags, and the arguments.

use super::{Flag, value};

/// A command line that has been read.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(super) flags: &'static [Flag],
    /// Values in the order in which they came, one list a flag.
    values: Vec<Vec<String>>,
    /// What is not a flag.
    pub(crate) arguments: Vec<String>,
}

impl Parsed {
    pub(super) fn new(flags: &'static [Flag]) -> Self {
        Self { flags, values: vec![Vec::new(); flags.len()], arguments: Vec::new() }
    }

    pub(super) fn set(&mut self, flag: &'static Flag, value: String) {
        let index = self.index(flag.alias_of.unwrap_or(flag.name));
        self.values[index].push(value);
    }

    /// Whether the flag was typed at all, even with its default.
    pub(crate) fn is_given(&self, name: &str) -> bool {
        !self.values[self.index(name)].is_empty()
    }

    /// Whether any flag was typed.
    pub(crate) fn has_flags(&self) -> bool {
        self.values.iter().any(|values| !values.is_empty())
    }

    /// A switch.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        // The value was checked when it was read; the default is one of ours.
        value::parse_bool(self.text(name)).unwrap_or(false)
    }

    /// The last value, or the default.
    pub(crate) fn text(&self, name: &str) -> &str {
        let index = self.index(name);
        self.values[index].last().map_or(self.flags[index].default, String::as_str)
    }

    /// All values.
    pub(crate) fn list(&self, name: &str) -> &[String] {
        &self.values[self.index(name)]
    }

    /// A whole number; 0 without value or default.
    pub(crate) fn integer(&self, name: &str) -> i64 {
        self.text(name).parse().unwrap_or(0)
    }

    /// A whole number if the flag was typed.
    pub(crate) fn given_integer(&self, name: &str) -> Option<i64> {
        self.is_given(name).then(|| self.integer(name))
    }

    /// A size in bytes; 0 without one, -1 where the kind allows it.
    pub(crate) fn bytes(&self, name: &str) -> i64 {
        match self.text(name) {
            "-1" => -1,
            text => corten_spec::size::parse_bytes(text).unwrap_or(0),
        }
    }

    fn index(&self, name: &str) -> usize {
        let found = self.flags.iter().position(|flag| flag.name == name);
        let Some(index) = found else { unreachable!("the command does not declare --{name}") };
        index
    }
}
