//! The loads and the ways, and what came of them.

use std::path::Path;
use std::process::{Command, Stdio};

use serde::Serialize;

use crate::site::HOST;

/// How a client reaches the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) enum Way {
    /// From the machine by 127.0.0.1.
    Loopback,
    /// From the machine by ::1.
    Loopback6,
    /// From the machine by its own address.
    Own,
    /// From another machine.
    Outside,
    /// From another container, by the server's address.
    Container,
}

pub(super) const WAYS: [Way; 5] = [Way::Loopback, Way::Loopback6, Way::Own, Way::Outside, Way::Container];

impl Way {
    pub(super) fn title(self) -> &'static str {
        match self {
            Way::Loopback => "127.0.0.1",
            Way::Loopback6 => "[::1]",
            Way::Own => "own address",
            Way::Outside => "outside",
            Way::Container => "container",
        }
    }

    /// Where it leads, if the container has that address.
    pub(super) fn target(self, container: &str, port: u16) -> String {
        match self {
            Way::Loopback => format!("127.0.0.1:{port}"),
            Way::Loopback6 => format!("[::1]:{port}"),
            Way::Own | Way::Outside => format!("{HOST}:{port}"),
            Way::Container => format!("{container}:{port}"),
        }
    }
}

/// What is done, and over how many connections at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Case {
    pub(super) kind: Kind,
    pub(super) connections: u32,
}

/// See `payload load`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) enum Kind {
    Stream,
    Exchange,
    Connect,
}

const fn case(kind: Kind, connections: u32) -> Case {
    Case { kind, connections }
}

pub(super) const CASES: [Case; 5] = [
    case(Kind::Stream, 1),
    case(Kind::Stream, 8),
    case(Kind::Exchange, 1),
    case(Kind::Exchange, 8),
    case(Kind::Connect, 4),
];

impl Case {
    pub(super) fn title(self) -> String {
        let unit = match self.kind {
            Kind::Stream => "Throughput in Gbit/s",
            Kind::Exchange => "Messages there and back a second, thousands (p50/p99 in µs)",
            Kind::Connect => "New connections a second, thousands (p50/p99 in µs)",
        };
        format!("{unit}: {} at once", self.connections)
    }

    /// What the payload is told.
    pub(super) fn words(self, target: &str, milliseconds: u32) -> [String; 5] {
        let kind = match self.kind {
            Kind::Stream => "stream",
            Kind::Exchange => "exchange",
            Kind::Connect => "connect",
        };
        ["load", target, kind, &self.connections.to_string(), &milliseconds.to_string()].map(str::to_owned)
    }
}

/// What one load has come to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Figure {
    /// Bytes, messages or connections a second.
    pub(super) rate: f64,
    /// Nanoseconds that one of those took; 0 of a stream.
    pub(super) median: u64,
    pub(super) percentile_99: u64,
}

impl Figure {
    /// Of what `payload load` writes.
    pub(super) fn parse(text: &str) -> Option<Figure> {
        let mut fields = text.split_whitespace();
        let figure = Figure {
            rate: fields.next()?.parse().ok()?,
            median: fields.next()?.parse().ok()?,
            percentile_99: fields.next()?.parse().ok()?,
        };
        fields.next().is_none().then_some(figure)
    }
}

/// All figures of one sort.
#[derive(Debug, Serialize)]
pub(super) struct Cell {
    pub(super) who: &'static str,
    pub(super) way: Way,
    pub(super) case: Case,
    pub(super) figures: Vec<Figure>,
}

/// Puts a figure to those of its sort.
pub(super) fn keep(
    cells: &mut Vec<Cell>,
    (who, way, case): (&'static str, Way, Case),
    figure: Option<Figure>,
) {
    let Some(figure) = figure else { return };
    match cells.iter_mut().find(|cell| (cell.who, cell.way, cell.case) == (who, way, case)) {
        Some(cell) => cell.figures.push(figure),
        None => cells.push(Cell { who, way, case, figures: vec![figure] }),
    }
}

/// Runs the client to its end; what it wrote, if it came to that.
pub(super) fn client(before: &[String], payload: &Path, words: &[&str]) -> Option<String> {
    let (program, rest) = before.split_first()?;
    let mut command = Command::new(program);
    command.args(rest).arg(payload).args(words).stdin(Stdio::null()).stderr(Stdio::null());
    let output = command.output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_whole_or_not_at_all() {
        let figure = Figure { rate: 1234.5, median: 17, percentile_99: 40 };
        assert_eq!(Figure::parse("1234.5 17 40\n"), Some(figure));
        assert_eq!(Figure::parse("1234.5 17"), None);
        assert_eq!(Figure::parse("payload: refused"), None);
    }

    #[test]
    fn figures_of_a_sort_come_together() {
        let figure = Some(Figure { rate: 1.0, median: 0, percentile_99: 0 });
        let mut cells = Vec::new();
        for (who, figure) in [("a", figure), ("b", None), ("a", figure)] {
            keep(&mut cells, (who, Way::Own, CASES[0]), figure);
        }
        assert_eq!(cells.iter().map(|cell| (cell.who, cell.figures.len())).collect::<Vec<_>>(), [("a", 2)]);
    }
}
