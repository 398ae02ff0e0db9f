//! Docker's commands that are not built yet: known, so that they are refused by name and not as a typing error.

/// Groups of commands, with a line about each.
pub(crate) const GROUPS: &[(&str, &str)] = &[
    ("container", "Manage containers"),
    ("context", "Manage names for engines"),
    ("image", "Manage images"),
    ("manifest", "Look at manifests in registries"),
    ("network", "Manage networks"),
    ("system", "Manage the engine"),
    ("volume", "Manage volumes"),
];

const TOP: &[&str] = &[
    "bake",
    "build",
    "builder",
    "buildx",
    "checkpoint",
    "compose",
    "config",
    "node",
    "plugin",
    "secret",
    "service",
    "stack",
    "swarm",
    "trust",
];

const IMAGE: &[&str] = &["build"];
const MANIFEST: &[&str] = &["annotate", "create", "push", "rm"];
const NETWORK: &[&str] = &["connect", "create", "disconnect"];
const VOLUME: &[&str] = &["update"];

/// Whether the command is Docker's and not built yet.
pub(crate) fn is_unbuilt(path: &[&str]) -> bool {
    match path {
        ["image", name, ..] => IMAGE.contains(name),
        ["manifest", name, ..] => MANIFEST.contains(name),
        ["network", name, ..] => NETWORK.contains(name),
        ["volume", name, ..] => VOLUME.contains(name),
        [name, ..] => TOP.contains(name),
        [] => false,
    }
}
