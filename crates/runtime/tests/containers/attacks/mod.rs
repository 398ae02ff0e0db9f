//! What was published against runc and its kind, tried on this runtime: each test is the attack, and tells that it came to nothing.
//!
//! Which test stands for which publication, and which guard it tries, is listed in `docs/security-attacks.md`. Attacks that need an
//! engine (its sockets, its directories, users of images) are tried end to end.

mod descriptors;
mod hidden_paths;
mod host_settings;
mod mount_targets;
mod own_program;
mod races;
mod users;
mod working_directory;

use std::fs;
use std::path::{Path, PathBuf};

use corten_spec::runtime::Mount;

use crate::bundle::Bundle;
use crate::harness::Test;

pub(crate) const TESTS: &[&[Test]] = &[
    descriptors::TESTS,
    hidden_paths::TESTS,
    host_settings::TESTS,
    mount_targets::TESTS,
    own_program::TESTS,
    races::TESTS,
    users::TESTS,
    working_directory::TESTS,
];

/// A directory of the host that no container has anything to do with.
struct Outside(tempfile::TempDir);

impl Outside {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Where the container finds this path, were it one of its own.
    fn inside(&self, bundle: &Bundle) -> PathBuf {
        bundle.rootfs().join(self.path().strip_prefix("/").unwrap())
    }

    #[track_caller]
    fn assert_untouched(&self) {
        let found: Vec<_> = fs::read_dir(self.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(found, Vec::<PathBuf>::new(), "the container reached the host");
    }
}

/// Makes something at a path.
type Plant = fn(&Path);

/// Adds a bind mount.
fn bind(bundle: &mut Bundle, source: &Path, destination: &str) {
    bundle.spec.mounts.push(Mount {
        destination: destination.into(),
        source: source.to_str().unwrap().into(),
        options: vec!["rbind".into(), "rprivate".into()],
        ..Mount::default()
    });
}

/// Adds a bind mount of a file that says `bound`.
fn bind_file(bundle: &mut Bundle, destination: &str) {
    let source = bundle.path().join("source");
    fs::write(&source, "bound\n").unwrap();
    bind(bundle, &source, destination);
}

/// Puts a directory, which the attacker has filled, in the place of the mount that the template has at `destination`.
fn replace_mount(bundle: &mut Bundle, destination: &str) -> PathBuf {
    let volume = bundle.path().join(format!("volume{}", destination.replace('/', "-")));
    fs::create_dir(&volume).unwrap();
    let mount = bundle.spec.mounts.iter_mut().find(|mount| mount.destination == destination).unwrap();
    *mount = Mount {
        destination: destination.into(),
        source: volume.to_str().unwrap().into(),
        options: vec!["rbind".into(), "rprivate".into()],
        ..Mount::default()
    };
    volume
}

/// Starts nothing, says why in one line, and leaves nothing.
#[track_caller]
fn refused(bundle: &Bundle, words: &str) {
    let ran = bundle.run_container();
    assert_eq!((ran.status, ran.stdout.as_str()), (1, ""), "{ran:?}");
    assert!(ran.stderr.contains(words) && ran.stderr.lines().count() == 1, "`{words}` is not in {ran:?}");
    bundle.assert_clean();
}

/// Makes the container, whose process waits at its gate.
fn create(bundle: &Bundle) {
    bundle.write();
    assert_eq!(bundle.detached(&["create", "--bundle", bundle.path().to_str().unwrap(), &bundle.name]), 0);
}

/// Has it running.
fn start(bundle: &Bundle) {
    create(bundle);
    assert_eq!(bundle.run(&["start", &bundle.name]).status, 0);
}
