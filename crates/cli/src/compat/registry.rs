//! Flags of the commands on registries.

use crate::flags::{Flag, Kind};

pub(crate) const LOGIN: &[Flag] = &[
    Flag::new("password", Kind::Text, "Password, or a token in its place").short('p'),
    Flag::new("password-stdin", Kind::Bool, "Read the password from stdin"),
    Flag::new("username", Kind::Text, "Name of the user").short('u'),
];

pub(crate) const SEARCH: &[Flag] = &[
    Flag::new("filter", Kind::Filter, "Only what meets a condition (stars=, is-official=)").short('f'),
    Flag::new("format", Kind::Text, "table TEMPLATE, json or a Go template"),
    Flag::new("limit", Kind::Int, "The most that is found"),
    Flag::new("no-trunc", Kind::Bool, "Whole descriptions"),
];

pub(crate) const MANIFEST_INSPECT: &[Flag] = &[
    Flag::new("insecure", Kind::Bool, "Believe the registry without proof"),
    Flag::new("verbose", Kind::Bool, "Also name, digest and platform, and the manifests of an index")
        .short('v'),
];
