//! The layers of the code base: a crate depends only on lower ones.
//!
//! The table says where each crate stands and nothing else; `ARCHITECTURE.md` says why.

use std::path::Path;

use super::Finding;
use crate::metadata::{Kind, Metadata, Package};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Layer {
    /// What ships, from the words (0) upward.
    Shipped(u8),
    /// What helps to build and test: it may use anything, and nothing that ships may link it.
    Tool,
}

/// Folder names below `crates/`.
const CRATES: &[(&str, Layer)] = &[
    ("spec", Layer::Shipped(0)),
    ("error", Layer::Shipped(0)),
    ("sys", Layer::Shipped(1)),
    ("tree", Layer::Shipped(1)),
    ("seccomp", Layer::Shipped(1)),
    ("api-types", Layer::Shipped(1)),
    ("cdi", Layer::Shipped(1)),
    ("resolver", Layer::Shipped(1)),
    ("trust", Layer::Shipped(1)),
    ("cgroups", Layer::Shipped(2)),
    ("systemd", Layer::Shipped(2)),
    ("layer-tar", Layer::Shipped(2)),
    ("content", Layer::Shipped(2)),
    ("journal", Layer::Shipped(2)),
    ("netlink", Layer::Shipped(2)),
    ("state", Layer::Shipped(2)),
    ("api-client", Layer::Shipped(2)),
    ("registry-client", Layer::Shipped(2)),
    ("snapshots", Layer::Shipped(3)),
    ("runtime", Layer::Shipped(3)),
    ("logs", Layer::Shipped(3)),
    ("network", Layer::Shipped(3)),
    ("volumes", Layer::Shipped(3)),
    ("images", Layer::Shipped(4)),
    ("monitor", Layer::Shipped(4)),
    ("engine", Layer::Shipped(6)),
    ("api-server", Layer::Shipped(7)),
    ("cli", Layer::Shipped(8)),
    ("daemon", Layer::Shipped(8)),
    ("image-archive", Layer::Tool),
    ("testkit", Layer::Tool),
];
const PROGRAMS: Layer = Layer::Shipped(9);

pub(crate) fn check(metadata: &Metadata) -> Vec<Finding> {
    metadata.members().flat_map(|package| check_package(package, metadata)).collect()
}

fn check_package(package: &Package, metadata: &Metadata) -> Vec<Finding> {
    let Some(layer) = layer_of(package) else {
        return vec![Finding::new(
            &package.name,
            "stands in no layer: give it one in xtask/src/tidy/layers.rs",
        )];
    };
    if layer == Layer::Tool {
        return Vec::new();
    }
    let finding = |(name, kind): &(String, Kind)| {
        let other = metadata.members().find(|member| &member.name == name).and_then(layer_of)?;
        let reason = objection(layer, other, *kind)?;
        Some(Finding::new(&package.name, format!("depends on `{name}`, {reason}")))
    };
    package.dependencies.iter().filter_map(finding).collect()
}

/// Why a crate of `layer` may not depend on one of `other`, if it may not. Tests of a crate may use its neighbours.
fn objection(layer: Layer, other: Layer, kind: Kind) -> Option<&'static str> {
    let too_high = match kind {
        Kind::Dev => other > layer,
        Kind::Normal | Kind::Build => other >= layer,
    };
    match other {
        Layer::Tool if kind == Kind::Normal => Some("which is for building and testing only"),
        Layer::Shipped(_) if too_high => Some("which does not stand in a lower layer"),
        _ => None,
    }
}

fn layer_of(package: &Package) -> Option<Layer> {
    let folder = package.folder.as_deref()?;
    if folder.starts_with("bins") {
        return Some(PROGRAMS);
    }
    if [Path::new("xtask"), Path::new("bench")].contains(&folder) {
        return Some(Layer::Tool);
    }
    let name = folder.strip_prefix("crates").ok()?.to_str()?;
    CRATES.iter().find(|(folder, _)| *folder == name).map(|(_, layer)| *layer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(folder: &str, dependencies: &[(&str, Kind)]) -> Package {
        Package {
            name: format!("corten-{}", folder.rsplit('/').next().unwrap_or(folder)),
            version: "0.1.0".to_owned(),
            licence: None,
            folder: Some(folder.into()),
            dependencies: dependencies.iter().map(|(name, kind)| (format!("corten-{name}"), *kind)).collect(),
        }
    }

    fn findings(packages: Vec<Package>) -> Vec<String> {
        let metadata = Metadata { packages, target_directory: "target".into() };
        check(&metadata).into_iter().map(|finding| finding.to_string()).collect()
    }

    #[test]
    fn dependencies_point_downward() {
        let good = package("crates/engine", &[("images", Kind::Normal), ("testkit", Kind::Dev)]);
        let bad = package("crates/images", &[("engine", Kind::Dev), ("testkit", Kind::Normal)]);
        assert_eq!(
            findings(vec![good, bad, package("crates/testkit", &[])]),
            [
                "corten-images: depends on `corten-engine`, which does not stand in a lower layer",
                "corten-images: depends on `corten-testkit`, which is for building and testing only",
            ]
        );
    }

    #[test]
    fn neighbours_in_one_layer_do_not_know_each_other() {
        let with = |kind| vec![package("crates/spec", &[]), package("crates/error", &[("spec", kind)])];
        assert_eq!(findings(with(Kind::Normal)).len(), 1);
        assert!(findings(with(Kind::Dev)).is_empty(), "tests of one may use the other");
    }

    #[test]
    fn a_new_crate_needs_a_place() {
        assert_eq!(findings(vec![package("crates/sheep", &[])]).len(), 1);
    }
}
