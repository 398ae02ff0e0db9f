//! Flags of the commands on images.

use crate::flags::{Flag, Kind};

const PLATFORM: Flag = Flag::new("platform", Kind::Text, "Platform, os[/architecture[/variant]]");

pub(crate) const HISTORY: &[Flag] = &[
    Flag::new("format", Kind::Text, "table, table TEMPLATE, json or a Go template"),
    Flag::new("human", Kind::Bool, "Sizes and times for people").short('H').default("true"),
    Flag::new("no-trunc", Kind::Bool, "Do not cut anything off"),
    PLATFORM,
    Flag::new("quiet", Kind::Bool, "Only ids").short('q'),
];

pub(crate) const IMAGES: &[Flag] = &[
    Flag::new("all", Kind::Bool, "Also images without a name").short('a'),
    Flag::new("digests", Kind::Bool, "Also digests"),
    Flag::new("filter", Kind::Filter, "Only images that meet a condition").short('f'),
    Flag::new("format", Kind::Text, "table, table TEMPLATE, json or a Go template"),
    Flag::new("no-trunc", Kind::Bool, "Do not cut anything off"),
    Flag::new("quiet", Kind::Bool, "Only ids").short('q'),
    Flag::new("tree", Kind::Bool, "Show platforms as a tree")
        .refused("the tree of platforms is not built yet"),
];

pub(crate) const IMAGE_INSPECT: &[Flag] =
    &[Flag::new("format", Kind::Text, "Format with a Go template, or json").short('f'), PLATFORM];

pub(crate) const IMAGE_PRUNE: &[Flag] = &[
    Flag::new("all", Kind::Bool, "Also images with a name that no container uses").short('a'),
    Flag::new("blobs", Kind::Bool, "Only drop blobs of layers that can be had again").own(),
    Flag::new("filter", Kind::Filter, "Only images that meet a condition (until=TIME, label=, label!=)"),
    Flag::new("force", Kind::Bool, "Do not ask").short('f'),
];

pub(crate) const IMPORT: &[Flag] = &[
    Flag::new("change", Kind::List, "Apply an instruction of a Dockerfile").short('c'),
    Flag::new("message", Kind::Text, "A remark").short('m'),
    Flag::new("platform", Kind::Text, "What the image is for, os[/architecture[/variant]]"),
];

pub(crate) const LOAD: &[Flag] = &[
    Flag::new("input", Kind::Text, "Read a file instead of stdin").short('i'),
    Flag::new("platform", Kind::CommaList, "Load only this platform, os[/architecture[/variant]]"),
    Flag::new("quiet", Kind::Bool, "Do not show how it goes").short('q'),
];

pub(crate) const PULL: &[Flag] = &[
    Flag::new("all-tags", Kind::Bool, "Pull all tags of the repository").short('a'),
    Flag::new("disable-content-trust", Kind::Bool, "Do not verify images with Notary")
        .refused_but("image verification with Notary is not built", &["true"]),
    Flag::new("platform", Kind::Text, "Pull for this platform, os[/architecture[/variant]]"),
    Flag::new("quiet", Kind::Bool, "Do not show how it goes").short('q'),
];

pub(crate) const PUSH: &[Flag] = &[
    Flag::new("all-tags", Kind::Bool, "Push all tags of the repository").short('a'),
    Flag::new("disable-content-trust", Kind::Bool, "Do not sign images with Notary")
        .refused_but("signing images with Notary is not built", &["true"]),
    Flag::new("platform", Kind::Text, "Push only this platform of the image, os[/architecture[/variant]]"),
    Flag::new("quiet", Kind::Bool, "Do not show how it goes").short('q'),
];

pub(crate) const RMI: &[Flag] = &[
    Flag::new("force", Kind::Bool, "Remove also what a container uses").short('f'),
    Flag::new("no-prune", Kind::Bool, "Keep parents without a name"),
    Flag::new("platform", Kind::CommaList, "Remove only this platform, os[/architecture[/variant]]"),
];

pub(crate) const SAVE: &[Flag] = &[
    Flag::new("output", Kind::Text, "Write to a file instead of stdout").short('o'),
    Flag::new("platform", Kind::CommaList, "Save only this platform, os[/architecture[/variant]]"),
];
