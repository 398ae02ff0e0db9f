//! A container's figures as the fields of a row. Pure.

use std::sync::Arc;

use corten_spec::size::{binary_size, human_size};
use gotmpl::Value;

use super::crowd::Entry;
use super::figures::Figures;
use crate::output::{Row, short_id};
use crate::template::Headers;

pub(super) const TABLE: &str = r"table {{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDs}}";

pub(super) const HEADERS: Headers = &[
    ("Container", "CONTAINER"),
    ("Name", "NAME"),
    ("ID", "CONTAINER ID"),
    ("CPUPerc", "CPU %"),
    ("MemUsage", "MEM USAGE / LIMIT"),
    ("MemPerc", "MEM %"),
    ("NetIO", "NET I/O"),
    ("BlockIO", "BLOCK I/O"),
    ("PIDs", "PIDS"),
];

/// What is shown where there is nothing to show.
const NONE: &str = "--";

pub(super) fn row(entry: &Entry, shorten: bool) -> Row {
    let id = if shorten { short_id(&entry.id) } else { &entry.id };
    let name = if entry.name.is_empty() { NONE } else { &entry.name };
    let [cpu, memory, share, network, block_io, pids] = match &entry.figures {
        Some(figures) => texts(figures),
        None => [NONE, "-- / --", NONE, NONE, NONE, NONE].map(str::to_owned),
    };
    let fields = [
        ("Container", entry.called.clone()),
        ("Name", name.to_owned()),
        ("ID", id.to_owned()),
        ("CPUPerc", cpu),
        ("MemUsage", memory),
        ("MemPerc", share),
        ("NetIO", network),
        ("BlockIO", block_io),
        ("PIDs", pids),
    ];
    fields.into_iter().map(|(name, text)| (Arc::from(name), Value::String(Arc::from(text)))).collect()
}

fn texts(figures: &Figures) -> [String; 6] {
    let pair = |(left, right): (u64, u64)| format!("{} / {}", human_size(left), human_size(right));
    [
        format!("{:.2}%", figures.cpu),
        format!("{} / {}", binary_size(figures.memory), binary_size(figures.memory_limit)),
        format!("{:.2}%", figures.memory_share),
        pair(figures.network),
        pair(figures.block_io),
        figures.pids.to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::output::Table;

    #[test]
    fn rows_are_dockers() {
        let figures = Figures {
            cpu: 12.345,
            memory: 1_500_000,
            memory_limit: 2 << 30,
            memory_share: 0.07,
            network: (1_234, 0),
            block_io: (5_600_000, 12),
            pids: 3,
        };
        let id = "0123456789abcdef".to_owned();
        let web = Entry { name: "web".to_owned(), id, figures: Some(figures), ..Entry::default() };
        let table = Table { format: TABLE.to_owned(), headers: HEADERS };
        let rows = [row(&web, true), row(&Entry::default(), true)];
        expect![[r#"
            CONTAINER ID   NAME      CPU %     MEM USAGE / LIMIT   MEM %     NET I/O       BLOCK I/O     PIDS
            0123456789ab   web       12.35%    1.431MiB / 2GiB     0.07%     1.23kB / 0B   5.6MB / 12B   3
                           --        --        -- / --             --        --            --            --
        "#]]
        .assert_eq(&table.render(rows).unwrap());
    }
}
