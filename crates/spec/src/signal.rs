//! Signals by number and name, as Docker's commands take them.
//! The numbers are those of every architecture but MIPS, Alpha, SPARC and PA-RISC.

use std::fmt;
use std::str::FromStr;

/// A signal number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Signal(i32);

/// A text that names no signal; the words are Docker's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid signal: {text}")]
pub struct InvalidSignal {
    /// The text.
    pub text: String,
}

/// Names without `SIG`, at the index of their number less one (`signal(7)`).
const NAMES: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE",
    "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ",
    "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];

/// Second names.
const ALIASES: [(&str, i32); 3] = [("CLD", 17), ("IOT", 6), ("POLL", 29)];

/// First real-time signal that the C library leaves to programs.
const RT_MIN: i32 = 34;
const RT_MAX: i32 = 64;
/// Real-time signals from here on are named from the end.
const RT_FROM_END: i32 = RT_MIN + 16;

impl Signal {
    /// `SIGHUP`.
    pub const HUP: Self = Self(1);
    /// `SIGINT`.
    pub const INT: Self = Self(2);
    /// `SIGQUIT`.
    pub const QUIT: Self = Self(3);
    /// `SIGKILL`.
    pub const KILL: Self = Self(9);
    /// `SIGTERM`.
    pub const TERM: Self = Self(15);
    /// `SIGCHLD`.
    pub const CHLD: Self = Self(17);
    /// `SIGCONT`.
    pub const CONT: Self = Self(18);
    /// `SIGSTOP`.
    pub const STOP: Self = Self(19);
    /// `SIGWINCH`.
    pub const WINCH: Self = Self(28);

    /// The signal with that number, which is not checked.
    pub const fn from_number(number: i32) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn number(self) -> i32 {
        self.0
    }

    /// Whether Docker lets this number be sent: those that have a name.
    pub fn is_known(self) -> bool {
        matches!(self.0, 1..=31 | RT_MIN..=RT_MAX)
    }

    /// `SIGTERM`, `SIGRTMIN+3`; the bare number for one without a name.
    pub fn name(self) -> String {
        match self.0 {
            1..=31 => format!("SIG{}", NAMES[self.0 as usize - 1]),
            RT_MIN => "SIGRTMIN".to_owned(),
            RT_MAX => "SIGRTMAX".to_owned(),
            number @ RT_MIN..RT_FROM_END => format!("SIGRTMIN+{}", number - RT_MIN),
            number @ RT_FROM_END..RT_MAX => format!("SIGRTMAX-{}", RT_MAX - number),
            number => number.to_string(),
        }
    }
}

impl FromStr for Signal {
    type Err = InvalidSignal;

    /// Reads a number other than 0, or a name in any case with or without `SIG`.
    ///
    /// As in Docker, a number need not be that of a signal: see [`Signal::is_known`].
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidSignal { text: text.to_owned() };
        if let Ok(number) = text.parse::<i32>() {
            return if number == 0 { Err(invalid()) } else { Ok(Self(number)) };
        }
        let upper = text.to_uppercase();
        let bare = upper.strip_prefix("SIG").unwrap_or(&upper);
        if let Some(index) = NAMES.iter().position(|name| *name == bare) {
            return Ok(Self(index as i32 + 1));
        }
        if let Some((_, number)) = ALIASES.iter().find(|(name, _)| *name == bare) {
            return Ok(Self(*number));
        }
        real_time(bare).map(Self).ok_or_else(invalid)
    }
}

/// `RTMIN`, `RTMIN+1` to `RTMIN+15`, `RTMAX-14` to `RTMAX-1`, `RTMAX`.
fn real_time(name: &str) -> Option<i32> {
    let (base, sign, most, rest) = if let Some(rest) = name.strip_prefix("RTMIN") {
        (RT_MIN, '+', 15, rest)
    } else {
        (RT_MAX, '-', 14, name.strip_prefix("RTMAX")?)
    };
    if rest.is_empty() {
        return Some(base);
    }
    let digits = rest.strip_prefix(sign)?;
    let offset: i32 = digits.parse().ok()?;
    // Only the plain spelling is a name: neither `+01` nor `++1`.
    let plain = offset.to_string() == digits && (1..=most).contains(&offset);
    plain.then_some(if sign == '+' { base + offset } else { base - offset })
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<i32> {
        text.parse().ok().map(Signal::number)
    }

    #[test]
    fn names_in_any_case_with_or_without_prefix_are_read() {
        for (text, number) in [
            ("TERM", 15),
            ("SIGTERM", 15),
            ("sigterm", 15),
            ("Kill", 9),
            ("CLD", 17),
            ("IOT", 6),
            ("SIGPOLL", 29),
            ("STKFLT", 16),
            ("RTMIN", 34),
            ("RTMIN+3", 37),
            ("SIGRTMIN+15", 49),
            ("RTMAX-14", 50),
            ("rtmax-1", 63),
            ("RTMAX", 64),
        ] {
            assert_eq!(parsed(text), Some(number), "{text}");
        }
    }

    #[test]
    fn numbers_are_taken_as_they_are_but_zero() {
        assert_eq!(parsed("15"), Some(15));
        assert_eq!(parsed("+9"), Some(9));
        assert_eq!(parsed("99"), Some(99));
        assert_eq!(parsed("0"), None);
    }

    #[test]
    fn what_names_no_signal_is_told_in_the_words_of_docker() {
        for text in [
            "",
            "SIG",
            "SIGSIGTERM",
            "TERM ",
            "RTMIN+0",
            "RTMIN+01",
            "RTMIN+16",
            "RTMIN-1",
            "RTMAX-15",
            "RTMAX+1",
            "RTMIN++1",
            "99999999999",
        ] {
            assert_eq!(text.parse::<Signal>().unwrap_err().to_string(), format!("invalid signal: {text}"));
        }
    }

    #[test]
    fn every_known_signal_has_a_name_that_reads_back() {
        let known: Vec<i32> = (-1..100).filter(|number| Signal::from_number(*number).is_known()).collect();
        assert_eq!(known, (1..32).chain(34..65).collect::<Vec<_>>());
        for number in known {
            let name = Signal::from_number(number).name();
            assert!(name.starts_with("SIG"), "{name}");
            assert_eq!(parsed(&name), Some(number), "{name}");
        }
        assert_eq!(Signal::from_number(32).to_string(), "32");
    }
}
