//! What a runner is told and what it answers, one line each: the fields of a command, the figures of a sample.
//!
//! It is no general format: a field holds neither line breaks nor unit separators, and everything here is made by this package.

use std::time::Duration;

use serde::Serialize;

/// ASCII's own separator of fields.
const SEPARATOR: char = '\u{1f}';

/// What an answer begins with when nothing was measured.
const FAILED: &str = "!";

/// What a command may leave running; whatever else outlives it is waited for, and an error if it stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Leaves {
    /// Nothing.
    #[default]
    Nothing,
    /// Whatever there is: a container that later commands work with.
    Everything,
    /// One process of this name (proc_pid_comm(5)) for all commands together, as somebody's daemon is one.
    Resident(String),
}

impl Leaves {
    const EVERYTHING: &str = "*";

    fn encode(&self) -> String {
        match self {
            Leaves::Nothing => String::new(),
            Leaves::Everything => Leaves::EVERYTHING.to_owned(),
            Leaves::Resident(name) => name.clone(),
        }
    }

    fn decode(field: &str) -> Leaves {
        match field {
            "" => Leaves::Nothing,
            Leaves::EVERYTHING => Leaves::Everything,
            name => Leaves::Resident(name.to_owned()),
        }
    }
}

/// One command to run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    /// The file that takes its standard output.
    pub output: String,
    /// The file that takes its standard error.
    pub errors: String,
    /// What is left alone, now and in later orders.
    pub leaves: Leaves,
    /// `NAME=VALUE` each; nothing else is in its environment.
    pub environment: Vec<String>,
    /// The path of the program and its arguments.
    pub command: Vec<String>,
}

impl Order {
    /// As a line without its end.
    #[must_use]
    pub fn encode(&self) -> String {
        let fixed = [self.leaves.encode(), self.environment.len().to_string()];
        let mut fields = vec![self.output.clone(), self.errors.clone()];
        fields.extend(fixed);
        fields.extend(self.environment.iter().chain(&self.command).cloned());
        fields.join(&SEPARATOR.to_string())
    }

    /// What [`Order::encode`] wrote.
    #[must_use]
    pub fn decode(line: &str) -> Option<Order> {
        let fields: Vec<String> = line.split(SEPARATOR).map(str::to_owned).collect();
        let [output, errors, leaves, count, rest @ ..] = fields.as_slice() else { return None };
        let (environment, command) = rest.split_at_checked(count.parse().ok()?)?;
        if command.is_empty() {
            return None;
        }
        Some(Order {
            output: output.clone(),
            errors: errors.clone(),
            leaves: Leaves::decode(leaves),
            environment: environment.to_vec(),
            command: command.to_vec(),
        })
    }
}

/// What one run of a command took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// From before the command was started until it had ended.
    #[serde(serialize_with = "microseconds", rename = "wall_us")]
    pub wall: Duration,
    /// Of the command and everything that it started, what outlived it included.
    #[serde(serialize_with = "microseconds", rename = "cpu_us")]
    pub cpu: Duration,
    /// The most that one of those processes had resident, in bytes.
    pub peak_memory: u64,
    /// As a shell tells it.
    pub exit_code: i32,
}

impl Sample {
    /// As a line without its end.
    #[must_use]
    pub fn encode(&self) -> String {
        format!("{} {} {} {}", self.wall.as_nanos(), self.cpu.as_nanos(), self.peak_memory, self.exit_code)
    }

    /// The line that says that nothing was measured.
    #[must_use]
    pub fn encode_failure(reason: &str) -> String {
        format!("{FAILED}{}", reason.replace('\n', " "))
    }

    /// What [`Sample::encode`] wrote.
    ///
    /// # Errors
    /// The reason given to [`Sample::encode_failure`], or the line if it is neither.
    pub fn decode(line: &str) -> Result<Sample, String> {
        if let Some(reason) = line.strip_prefix(FAILED) {
            return Err(reason.to_owned());
        }
        let sample = || {
            let mut fields = line.split(' ');
            let sample = Sample {
                wall: Duration::from_nanos(fields.next()?.parse().ok()?),
                cpu: Duration::from_nanos(fields.next()?.parse().ok()?),
                peak_memory: fields.next()?.parse().ok()?,
                exit_code: fields.next()?.parse().ok()?,
            };
            fields.next().is_none().then_some(sample)
        };
        sample().ok_or_else(|| format!("not a sample: `{line}`"))
    }
}

fn microseconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u128(duration.as_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_survive_the_line_with_blanks_and_empty_words() {
        let mut order = Order {
            output: "/tmp/a b".to_owned(),
            errors: "/dev/null".to_owned(),
            leaves: Leaves::Everything,
            environment: vec!["PATH=/bin:/usr/bin".to_owned(), "EMPTY=".to_owned()],
            command: ["/bin/sh", "-c", "", "two words"].map(str::to_owned).to_vec(),
        };
        for leaves in [Leaves::Nothing, Leaves::Everything, Leaves::Resident("a guard".to_owned())] {
            order.leaves = leaves;
            assert_eq!(Order::decode(&order.encode()).as_ref(), Some(&order));
        }
    }

    #[test]
    fn an_order_without_a_command_is_none() {
        assert_eq!(Order::decode(&Order::default().encode()), None);
        assert_eq!(Order::decode("a\u{1f}b\u{1f}\u{1f}9\u{1f}c"), None);
    }

    #[test]
    fn samples_survive_the_line_and_failures_say_why() {
        let sample = Sample {
            wall: Duration::from_nanos(1_234_567),
            cpu: Duration::from_micros(9),
            peak_memory: 4096,
            exit_code: 137,
        };
        assert_eq!(Sample::decode(&sample.encode()), Ok(sample));
        assert_eq!(Sample::decode(&Sample::encode_failure("no\nsuch file")), Err("no such file".to_owned()));
        assert!(Sample::decode("1 2 3").is_err());
    }
}
