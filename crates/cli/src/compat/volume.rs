//! Flags of the commands on volumes.

use crate::flags::{Flag, Kind};

const CLUSTER: &str = "volumes of clusters are not built yet";

pub(crate) const VOLUME_CREATE: &[Flag] = &[
    Flag::new("availability", Kind::Text, "Availability of a cluster volume")
        .default("active")
        .refused_but(CLUSTER, &["active"]),
    Flag::new("driver", Kind::Text, "What keeps the volume").short('d').default("local"),
    Flag::new("group", Kind::Text, "Group of a cluster volume").refused(CLUSTER),
    Flag::new("label", Kind::List, "Give the volume a label"),
    Flag::new("limit-bytes", Kind::Bytes, "Largest size of a cluster volume").refused(CLUSTER),
    Flag::new("opt", Kind::Map, "Tell the driver something (type, device, o)").short('o'),
    Flag::new("required-bytes", Kind::Bytes, "Smallest size of a cluster volume").refused(CLUSTER),
    Flag::new("scope", Kind::Text, "Scope of a cluster volume")
        .default("single")
        .refused_but(CLUSTER, &["single"]),
    Flag::new("secret", Kind::Map, "Secret of a cluster volume").refused(CLUSTER),
    Flag::new("sharing", Kind::Text, "Sharing of a cluster volume")
        .default("none")
        .refused_but(CLUSTER, &["none"]),
    Flag::new("topology-preferred", Kind::List, "Where a cluster volume should be").refused(CLUSTER),
    Flag::new("topology-required", Kind::List, "Where a cluster volume must be").refused(CLUSTER),
    Flag::new("type", Kind::Text, "Kind of a cluster volume")
        .default("block")
        .refused_but(CLUSTER, &["block"]),
];

pub(crate) const VOLUME_INSPECT: &[Flag] =
    &[Flag::new("format", Kind::Text, "Format with a Go template, or json").short('f')];

pub(crate) const VOLUME_LS: &[Flag] = &[
    Flag::new("cluster", Kind::Bool, "Only cluster volumes").refused(CLUSTER),
    Flag::new(
        "filter",
        Kind::Filter,
        "Only volumes that meet a condition (dangling=, driver=, label=, name=)",
    )
    .short('f'),
    Flag::new("format", Kind::Text, "table, table TEMPLATE, json or a Go template"),
    Flag::new("quiet", Kind::Bool, "Only names").short('q'),
];

pub(crate) const VOLUME_PRUNE: &[Flag] = &[
    Flag::new("all", Kind::Bool, "Also volumes whose name somebody chose").short('a'),
    Flag::new("filter", Kind::Filter, "Only volumes that meet a condition (label=, label!=)"),
    Flag::new("force", Kind::Bool, "Do not ask").short('f'),
];

pub(crate) const VOLUME_RM: &[Flag] =
    &[Flag::new("force", Kind::Bool, "Volumes that are not there are as good as removed").short('f')];
