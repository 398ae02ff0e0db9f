//! Flags of the commands on networks.

use crate::flags::{Flag, Kind};

pub(crate) const NETWORK_INSPECT: &[Flag] = &[
    Flag::new("format", Kind::Text, "Format with a Go template, or json").short('f'),
    Flag::new("verbose", Kind::Bool, "Also tell of the nodes of a swarm")
        .short('v')
        .no_op("networks here have no nodes"),
];

pub(crate) const NETWORK_LS: &[Flag] = &[
    Flag::new(
        "filter",
        Kind::Filter,
        "Only networks that meet a condition (driver=, id=, name=, scope=, type=, dangling=, label=)",
    )
    .short('f'),
    Flag::new("format", Kind::Text, "table, table TEMPLATE, json or a Go template"),
    Flag::new("no-trunc", Kind::Bool, "Whole ids"),
    Flag::new("quiet", Kind::Bool, "Only ids").short('q'),
];

pub(crate) const NETWORK_PRUNE: &[Flag] = &[
    Flag::new("filter", Kind::Filter, "Only networks that meet a condition (until=TIME, label=, label!=)"),
    Flag::new("force", Kind::Bool, "Do not ask").short('f'),
];

pub(crate) const NETWORK_RM: &[Flag] =
    &[Flag::new("force", Kind::Bool, "Networks that are not there are as good as removed").short('f')];
