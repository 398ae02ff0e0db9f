//! The documents of some directories. A file that cannot be read or understood hides its own devices and no others.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::{CdiError, DeviceName, Document, Edits};

/// Longer files are no documents.
const LONGEST: u64 = 4 * 1024 * 1024;

/// Every device that is described somewhere.
#[derive(Debug, Default)]
pub struct Registry {
    documents: Vec<(PathBuf, Document)>,
    /// Where each is: the document and the device in it, or the two documents that both have it.
    devices: BTreeMap<DeviceName, Place>,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    At(usize, usize),
    Twice(usize, usize),
}

impl Registry {
    /// Reads `*.json`, `*.yaml` and `*.yml` of directories, which need not exist. A later directory outranks those before it.
    pub fn read(directories: &[&Path]) -> Self {
        let mut registry = Self::default();
        for directory in directories {
            let known = registry.documents.len();
            for path in files(directory) {
                if let Some(document) = read(&path).and_then(|text| Document::parse(&text).ok()) {
                    registry.add(path, document, known);
                }
            }
        }
        registry
    }

    /// Adds a document; those from `equals` on have the same rank.
    fn add(&mut self, path: PathBuf, document: Document, equals: usize) {
        let at = self.documents.len();
        for (index, device) in document.devices.iter().enumerate() {
            let name = DeviceName { kind: document.kind.clone(), name: device.name.clone() };
            let place = match self.devices.get(&name) {
                Some(Place::At(other, _) | Place::Twice(other, _)) if *other >= equals => {
                    Place::Twice(*other, at)
                }
                _ => Place::At(at, index),
            };
            self.devices.insert(name, place);
        }
        self.documents.push((path, document));
    }

    /// Whether there is any device of a kind.
    pub fn has_kind(&self, kind: &str) -> bool {
        self.devices.keys().any(|name| name.kind == kind)
    }

    /// What some devices ask for together: of each document first what it asks for in any case.
    ///
    /// # Errors
    /// [`CdiError::Unresolvable`], [`CdiError::Conflict`].
    pub fn edits(&self, names: &[String]) -> Result<Edits, CdiError> {
        let mut edits = Edits::default();
        let (mut seen, mut missing) = (Vec::new(), Vec::new());
        for text in names {
            let place = DeviceName::parse(text).and_then(|name| self.devices.get(&name));
            match place {
                None => missing.push(text.clone()),
                Some(Place::Twice(first, second)) => {
                    return Err(CdiError::Conflict {
                        name: text.clone(),
                        first: self.documents[*first].0.clone(),
                        second: self.documents[*second].0.clone(),
                    });
                }
                Some(Place::At(at, index)) => {
                    let document = &self.documents[*at].1;
                    if !seen.contains(at) {
                        seen.push(*at);
                        edits.extend(&document.container_edits);
                    }
                    edits.extend(&document.devices[*index].container_edits);
                }
            }
        }
        if missing.is_empty() { Ok(edits) } else { Err(CdiError::Unresolvable(missing)) }
    }
}

/// In the order of their names, so that the same files always give the same.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let is_document = |path: &PathBuf| {
        let extension = path.extension().and_then(|extension| extension.to_str());
        matches!(extension, Some("json" | "yaml" | "yml"))
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_document).collect();
    paths.sort();
    paths
}

fn read(path: &Path) -> Option<String> {
    let mut text = String::new();
    let read = fs::File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_string(&mut text)).ok()?;
    (read as u64 <= LONGEST).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(devices: &str, mark: &str) -> String {
        let devices: Vec<String> = devices
            .split(' ')
            .map(|name| format!(r#"{{"name":"{name}","containerEdits":{{"env":["{name}={mark}"]}}}}"#))
            .collect();
        format!(
            r#"{{"cdiVersion":"0.6.0","kind":"v.com/c","devices":[{}],"containerEdits":{{"env":["ALL={mark}"]}}}}"#,
            devices.join(",")
        )
    }

    #[test]
    fn a_later_directory_outranks_and_equals_conflict() {
        let root = tempfile::tempdir().unwrap();
        let (low, high) = (root.path().join("low"), root.path().join("high"));
        for directory in [&low, &high] {
            fs::create_dir(directory).unwrap();
        }
        fs::write(low.join("a.json"), document("x y z", "low")).unwrap();
        fs::write(high.join("b.json"), document("x w", "high")).unwrap();
        fs::write(high.join("c.json"), document("w", "other")).unwrap();
        fs::write(high.join("broken.yaml"), ": [").unwrap();
        fs::write(high.join("d.txt"), document("t", "none")).unwrap();
        let registry = Registry::read(&[&low, &high, &root.path().join("none")]);
        let env = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| format!("v.com/c={name}")).collect();
            registry.edits(&names).map(|edits| edits.env)
        };
        assert_eq!(env(&["y", "z", "x"]).unwrap(), ["ALL=low", "y=low", "z=low", "ALL=high", "x=high"]);
        assert!(matches!(env(&["w"]), Err(CdiError::Conflict { .. })));
        let missing = env(&["x", "t", "q"]).unwrap_err().to_string();
        assert_eq!(missing, "unresolvable CDI devices v.com/c=t, v.com/c=q");
        assert!(registry.has_kind("v.com/c") && !registry.has_kind("v.com/d"));
    }
}
