//! The directory in which programs that know only OCI bundles find a container: its configuration, and the place of its root.
//!
//! It lies in the container's run directory, and only where somebody needs it.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use corten_runtime::launch::Launch;
use corten_spec::runtime::{Root, Spec};

/// The configuration's name (`bundle.md` of the runtime specification).
const CONFIG: &str = "config.json";

/// Makes the bundle anew, without a configuration.
///
/// # Errors
/// What mkdir(2) and unlink(2) say.
pub(crate) fn make(bundle: &Path) -> io::Result<()> {
    // What programs of the last run left here is theirs no more.
    match fs::remove_dir_all(bundle) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    DirBuilder::new().recursive(true).mode(0o700).create(Launch::place_of_root(bundle))
}

/// Writes `spec` as the configuration, but for the path of the root: that is absolute, as Docker's is.
///
/// # Errors
/// What open(2) and write(2) say.
pub(crate) fn configure(bundle: &Path, spec: &Spec) -> io::Result<()> {
    let place = Launch::place_of_root(bundle);
    let readonly = spec.root.as_ref().is_some_and(|root| root.readonly);
    let root = Root { path: place.display().to_string(), readonly };
    let document = serde_json::to_vec(&Spec { root: Some(root), ..spec.clone() })?;
    fs::write(bundle.join(CONFIG), document)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_is_made_anew_and_says_where_its_root_is() {
        let directory = tempfile::tempdir().unwrap();
        let bundle = directory.path().join("bundle");
        fs::create_dir(&bundle).unwrap();
        fs::write(bundle.join("left"), "").unwrap();
        let root = Root { path: "rootfs".to_owned(), readonly: true };
        make(&bundle).unwrap();
        configure(&bundle, &Spec { root: Some(root), ..Spec::default() }).unwrap();
        let written: Spec = serde_json::from_slice(&fs::read(bundle.join(CONFIG)).unwrap()).unwrap();
        let place = bundle.join("rootfs");
        assert_eq!(written.root, Some(Root { path: place.display().to_string(), readonly: true }));
        assert!(place.is_dir());
        assert!(!bundle.join("left").exists());
    }
}
