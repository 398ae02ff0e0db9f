//! Ports of TCP, UDP and SCTP as images, requests and command lines write them: `80/tcp`, `8000-8010/udp`, `53`.
//!
//! Where a port appears on the host is not said here.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// A transport protocol with ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// RFC 9293.
    Tcp,
    /// RFC 768.
    Udp,
    /// RFC 9260.
    Sctp,
}

impl Protocol {
    /// As it is written after the slash.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Protocol {
    type Err = PortError;

    /// Reads a name in any case.
    fn from_str(text: &str) -> Result<Self, PortError> {
        let lower = text.to_ascii_lowercase();
        [Self::Tcp, Self::Udp, Self::Sctp]
            .into_iter()
            .find(|protocol| protocol.name() == lower)
            .ok_or(PortError::Protocol(lower))
    }
}

/// One port of one protocol: `80/tcp`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port {
    /// Its number.
    pub number: u16,
    /// Its protocol.
    pub protocol: Protocol,
}

impl fmt::Display for Port {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.number, self.protocol)
    }
}

impl FromStr for Port {
    type Err = PortError;

    fn from_str(text: &str) -> Result<Self, PortError> {
        let (ports, protocol) = parse_ports(text)?;
        if ports.start() == ports.end() {
            Ok(Self { number: *ports.start(), protocol })
        } else {
            Err(PortError::SeveralPorts(text.to_owned()))
        }
    }
}

/// Why a text is no port; the texts are Docker's where it has some.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// No number, or one above 65535.
    #[error("strconv.ParseUint: parsing \"{number}\": {reason}")]
    Number {
        /// What stands where the number should.
        number: String,
        /// `invalid syntax` or `value out of range`.
        reason: &'static str,
    },
    /// Nothing where a port should be.
    #[error("empty string specified for ports")]
    Empty,
    /// The end of a range is below its beginning.
    #[error("invalid range specified for port: {0}")]
    Range(String),
    /// Neither TCP, UDP nor SCTP.
    #[error("invalid proto: {0}")]
    Protocol(String),
    /// A range where one port is meant.
    #[error("a single port is expected, and `{0}` is a range")]
    SeveralPorts(String),
}

/// Reads `80/tcp`, `8000-8010/udp`, `53` (TCP then).
///
/// # Errors
/// [`PortError`].
pub fn parse_ports(text: &str) -> Result<(RangeInclusive<u16>, Protocol), PortError> {
    let (ports, protocol) = split_protocol(text);
    let protocol = protocol.parse()?;
    Ok((parse_range(ports)?, protocol))
}

/// Parts a text at the slash; TCP is what goes without saying.
#[must_use]
pub fn split_protocol(text: &str) -> (&str, &str) {
    let mut parts = text.split('/');
    let ports = parts.next().unwrap_or_default();
    let protocol = parts.next().filter(|protocol| !protocol.is_empty());
    (ports, protocol.unwrap_or(Protocol::Tcp.name()))
}

/// Reads `80` or `8000-8010`.
///
/// # Errors
/// [`PortError`].
pub fn parse_range(text: &str) -> Result<RangeInclusive<u16>, PortError> {
    if text.is_empty() {
        return Err(PortError::Empty);
    }
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (parse_number(first)?, parse_number(last)?);
    if last < first { Err(PortError::Range(text.to_owned())) } else { Ok(first..=last) }
}

fn parse_number(text: &str) -> Result<u16, PortError> {
    let number = text.to_owned();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits {
        return Err(PortError::Number { number, reason: "invalid syntax" });
    }
    text.parse().map_err(|_| PortError::Number { number, reason: "value out of range" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_of_tcp_unless_it_says_otherwise() {
        let read = |text: &str| text.parse::<Port>().map(|port| port.to_string());
        assert_eq!(read("80").unwrap(), "80/tcp");
        assert_eq!(read("80/").unwrap(), "80/tcp");
        assert_eq!(read("53/UDP").unwrap(), "53/udp");
        assert_eq!(read("80/foo"), Err(PortError::Protocol("foo".to_owned())));
        assert_eq!(read("80-81"), Err(PortError::SeveralPorts("80-81".to_owned())));
    }

    #[test]
    fn what_is_no_range_is_refused_in_the_words_of_docker() {
        let refused = |text: &str| parse_range(text).unwrap_err().to_string();
        assert_eq!(refused("80-70"), "invalid range specified for port: 80-70");
        assert_eq!(refused("80-"), "strconv.ParseUint: parsing \"\": invalid syntax");
        assert_eq!(refused("+80"), "strconv.ParseUint: parsing \"+80\": invalid syntax");
        assert_eq!(refused("65536"), "strconv.ParseUint: parsing \"65536\": value out of range");
        assert_eq!(parse_range("0-65535").unwrap(), 0..=65535);
    }
}
