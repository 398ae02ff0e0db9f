//! The packages of this workspace and what they depend on, as cargo resolves them for this machine.
//!
//! Only what the checks ask for is kept.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use serde::Deserialize;

use crate::{
    error::{Error, Result},
    process, workspace,
};

/// Why one package needs another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Normal,
    Build,
    Dev,
}

#[derive(Debug, Clone)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// The licence expression of its `Cargo.toml`.
    pub(crate) licence: Option<String>,
    /// The directory of a workspace member, relative to the root, `crates/spec` say.
    pub(crate) folder: Option<PathBuf>,
    /// Names of packages. Two versions of one package count as one: no check tells them apart.
    pub(crate) dependencies: BTreeSet<(String, Kind)>,
}

#[derive(Debug)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
    pub(crate) target_directory: PathBuf,
}

impl Metadata {
    /// Asks cargo. Only packages that this machine's target needs are looked at, so nothing for other systems is fetched.
    pub(crate) fn load() -> Result<Metadata> {
        let triple = host_triple()?;
        let arguments = ["metadata", "--format-version", "1", "--filter-platform", &triple];
        let json = process::output(&process::cargo(), &arguments)?;
        Ok(Metadata::from_raw(serde_json::from_slice(&json)?))
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.folder.is_some())
    }

    pub(crate) fn has_member(&self, name: &str) -> bool {
        self.members().any(|package| package.name == name)
    }

    /// Everything that ends up in `name`'s programs, itself excluded: dev- and build-dependencies do not.
    pub(crate) fn linked_into(&self, name: &str) -> BTreeSet<&str> {
        let by_name: BTreeMap<&str, Vec<&Package>> =
            self.packages.iter().fold(BTreeMap::new(), |mut map, package| {
                map.entry(package.name.as_str()).or_default().push(package);
                map
            });
        let mut reached = BTreeSet::new();
        let mut waiting = vec![name];
        while let Some(next) = waiting.pop() {
            for package in by_name.get(next).into_iter().flatten() {
                for (dependency, kind) in &package.dependencies {
                    if *kind == Kind::Normal && reached.insert(dependency.as_str()) {
                        waiting.push(dependency);
                    }
                }
            }
        }
        reached
    }

    fn from_raw(raw: Raw) -> Metadata {
        let names: BTreeMap<&str, &str> =
            raw.packages.iter().map(|package| (package.id.as_str(), package.name.as_str())).collect();
        let members: BTreeSet<&str> = raw.workspace_members.iter().map(String::as_str).collect();
        let nodes: BTreeMap<&str, &RawNode> =
            raw.resolve.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
        let package = |package: &RawPackage| {
            let folder = package.manifest_path.parent().map(workspace::relative);
            Some(Package {
                name: package.name.clone(),
                version: package.version.clone(),
                licence: package.license.clone(),
                folder: folder.filter(|_| members.contains(package.id.as_str())),
                dependencies: dependencies(nodes.get(package.id.as_str())?, &names),
            })
        };
        let packages = raw.packages.iter().filter_map(package).collect();
        Metadata { packages, target_directory: raw.target_directory }
    }
}

fn dependencies(node: &RawNode, names: &BTreeMap<&str, &str>) -> BTreeSet<(String, Kind)> {
    let kind = |raw: &RawKind| match raw.kind.as_deref() {
        Some("dev") => Kind::Dev,
        Some("build") => Kind::Build,
        _ => Kind::Normal,
    };
    node.deps
        .iter()
        .filter_map(|dependency| Some((names.get(dependency.pkg.as_str())?, dependency)))
        .flat_map(|(name, dependency)| {
            dependency.dep_kinds.iter().map(move |raw| (name.to_string(), kind(raw)))
        })
        .collect()
}

/// The target triple that this machine's compiler builds for.
pub(crate) fn host_triple() -> Result<String> {
    let text = process::output("rustc", &["--version", "--verbose"])?;
    String::from_utf8_lossy(&text)
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
        .ok_or_else(|| Error::Usage("`rustc --version --verbose` names no host".to_owned()))
}

#[derive(Deserialize)]
struct Raw {
    packages: Vec<RawPackage>,
    workspace_members: Vec<String>,
    resolve: RawResolve,
    target_directory: PathBuf,
}

#[derive(Deserialize)]
struct RawPackage {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    manifest_path: PathBuf,
}

#[derive(Deserialize)]
struct RawResolve {
    nodes: Vec<RawNode>,
}

#[derive(Deserialize)]
struct RawNode {
    id: String,
    deps: Vec<RawDependency>,
}

#[derive(Deserialize)]
struct RawDependency {
    pkg: String,
    dep_kinds: Vec<RawKind>,
}

#[derive(Deserialize)]
struct RawKind {
    kind: Option<String>,
}
