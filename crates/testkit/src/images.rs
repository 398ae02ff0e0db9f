//! Images made on the spot, for tests that need more than `hello` and must not need the network.
//!
//! What is inside comes from the machine itself: a static busybox, as `scripts/test` installs it.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use corten_image_archive::{Archive, Compression, Config, Entry, Layer};

use crate::requirement;

const PLACES: &[&str] = &["/bin/busybox", "/usr/bin/busybox", "/usr/local/bin/busybox"];
/// What many images say.
const SEARCH_PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A busybox that needs no libraries. `None`, with a line that says why, where the machine has none.
///
/// # Panics
/// In CI without one.
#[must_use]
#[track_caller]
pub fn static_busybox() -> Option<PathBuf> {
    let program = PLACES.iter().map(Path::new).find(|path| path.exists());
    let found = requirement::is_met(program.is_some(), "a static busybox");
    program.filter(|_| found).map(Path::to_owned)
}

/// Writes an archive of `busybox:latest` into `directory`: a shell and its commands, `/etc/passwd` with `root`, `daemon` and
/// `nobody`, a `/tmp`. `None`, with a line that says why, where the machine has no static busybox.
///
/// # Panics
/// In CI without a busybox, and when the archive cannot be written.
#[must_use]
#[track_caller]
pub fn busybox(directory: &Path) -> Option<PathBuf> {
    let program = static_busybox()?;
    let path = directory.join("busybox.oci.tar");
    fs::write(&path, busybox_archive(&program).expect("an archive")).expect("a file");
    Some(path)
}

/// Writes an archive of `hostile:latest` into `directory`: [`busybox`]'s files, the entries of an attacker in a layer on top, and what
/// the attacker wants containers of it to be.
///
/// # Panics
/// As [`busybox`].
#[must_use]
#[track_caller]
pub fn hostile(directory: &Path, entries: &[Entry], config: Config) -> Option<PathBuf> {
    let program = static_busybox()?;
    let below = busybox_entries(&program).and_then(|entries| Layer::new(&entries, Compression::None));
    let layers =
        vec![below.expect("a layer"), Layer::new(entries, Compression::None).expect("a layer on top")];
    let environment = [vec![SEARCH_PATH.to_owned()], config.environment].concat();
    let config = Config { environment, ..config };
    let archive = Archive { name: "hostile:latest".to_owned(), config, layers };
    let path = directory.join("hostile.oci.tar");
    fs::write(&path, archive.to_bytes().expect("an archive")).expect("a file");
    Some(path)
}

fn busybox_archive(program: &Path) -> io::Result<Vec<u8>> {
    let layer = Layer::new(&busybox_entries(program)?, Compression::Gzip)?;
    let config = Config {
        command: vec!["sh".to_owned()],
        environment: vec![SEARCH_PATH.to_owned()],
        ..Config::for_this_machine()
    };
    Archive { name: "busybox:latest".to_owned(), config, layers: vec![layer] }.to_bytes()
}

fn busybox_entries(program: &Path) -> io::Result<Vec<Entry>> {
    let passwd = "root:x:0:0:root:/root:/bin/sh\n\
                  daemon:x:1:1:daemon:/usr/sbin:/bin/false\n\
                  nobody:x:65534:65534:nobody:/nonexistent:/bin/false\n";
    let group = "root:x:0:\ndaemon:x:1:\naudio:x:29:daemon\nnogroup:x:65534:\n";
    let mut entries: Vec<Entry> = ["bin", "dev", "etc", "proc", "root", "sys"].map(Entry::directory).into();
    entries.push(Entry::Directory { path: "tmp".to_owned(), mode: 0o1777 });
    entries.push(Entry::file("etc/passwd", passwd));
    entries.push(Entry::file("etc/group", group));
    entries.push(Entry::program("bin/busybox", fs::read(program)?));
    let applets = Command::new(program).arg("--list").output()?;
    let applets = String::from_utf8_lossy(&applets.stdout).into_owned();
    let links = applets.lines().filter(|name| *name != "busybox");
    entries.extend(links.map(|name| Entry::symlink(&format!("bin/{name}"), "busybox")));
    Ok(entries)
}
