//! What takes room on the disk, what goes when there is to be less of it, and that it comes back.

use std::fs;
use std::path::Path;
use std::process::Command;

use corten_image_archive::{Archive, Compression, Config, Entry, Layer};
use corten_testkit::{Corten, Registry, images};

use crate::setup;

/// The bytes that `du` counts below the root, the database apart.
fn du(corten: &Corten) -> u64 {
    let output = Command::new("du")
        .args(["-s", "--block-size=1", "--exclude=state.db*"])
        .arg(corten.root().state())
        .output()
        .expect("du");
    let text = String::from_utf8(output.stdout).expect("text");
    text.split_whitespace().next().and_then(|bytes| bytes.parse().ok()).expect("a number")
}

/// What `system df` tells of, in rows.
fn df(corten: &Corten) -> Vec<u64> {
    let told = corten.run(&["system", "df", "--format", "{{.Bytes}}"]).success().stdout();
    told.lines().map(|line| line.parse().expect("a number")).collect()
}

#[track_caller]
fn assert_adds_up(corten: &Corten) {
    corten.run(&["system", "settle"]).success();
    // Opening a root may lay down files of the engine.
    let rows = df(corten);
    assert_eq!(rows.iter().sum::<u64>(), du(corten), "{rows:?}");
}

/// An engine and the archive of an image `hostile`, whose layers are not compressed.
fn with_plain_image() -> Option<(Corten, std::path::PathBuf)> {
    let corten = setup::engine()?;
    let archive = images::hostile(corten.root().scratch(), &[], Config::default())?;
    Some((corten, archive))
}

/// Runs a command that succeeds; what it has written on standard error.
fn with_budget(corten: &Corten, budget: &str, arguments: &[&str]) -> String {
    let file = corten.root().scratch().join("daemon.json");
    fs::write(&file, format!("{{\"storage-budget\": \"{budget}\"}}")).expect("a file");
    let mut command = corten.command(arguments);
    let output = command.env("CORTEN_CONFIG_FILE", file).output().expect("corten");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).expect("text")
}

fn blobs(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("a directory");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("a file").file_name().into_string().expect("a digest")).collect();
    names.sort();
    names
}

#[test]
fn what_df_tells_is_what_du_tells() {
    let Some((corten, plain)) = with_plain_image() else { return };
    assert_adds_up(&corten);
    let archive = images::busybox(corten.root().scratch()).expect("a busybox");
    corten.load(&archive);
    assert_adds_up(&corten);
    corten.load(&plain);
    corten
        .run(&[
            "run",
            "--name",
            "one",
            "busybox",
            "sh",
            "-c",
            "echo text > /file; dd if=/dev/zero of=/big bs=4096 count=50",
        ])
        .success();
    corten.run(&["create", "--name", "two", "busybox", "true"]).success();
    assert_adds_up(&corten);
    assert_eq!(df(&corten).len(), 5);
    let images = df(&corten)[0];
    corten.run(&["image", "prune", "--force", "--blobs"]).success();
    assert!(df(&corten)[0] < images);
    assert_adds_up(&corten);
    corten.run(&["commit", "one", "committed"]).success();
    let registry = Registry::serve(&archive, corten.root().scratch());
    corten.run(&["pull", "--quiet", &registry.name("library/busybox:1")]).success();
    assert_adds_up(&corten);
    corten.run(&["rm", "one", "two"]).success();
    corten.run(&["rmi", "-f", "committed", "hostile"]).success();
    assert_adds_up(&corten);
    let verbose = corten.run(&["system", "df", "-v"]).success().stdout();
    assert!(verbose.contains("UNIQUE SIZE") && verbose.contains("busybox"), "{verbose}");
}

#[test]
fn a_store_over_its_budget_drops_what_can_be_had_again_and_tells_what_is_left_over() {
    let Some((corten, archive)) = with_plain_image() else { return };
    let path = archive.to_str().expect("a path");
    let directory = corten.root().state().join("content/blobs/sha256");
    with_budget(&corten, "1GB", &["load", "--input", path]);
    let before = blobs(&directory);
    let settled = with_budget(&corten, "1kB", &["system", "settle"]);
    assert!(settled.contains("more than the storage budget of 1kB"), "{settled:?}");
    assert!(blobs(&directory).len() < before.len());
    let clean = corten.run(&["system", "check", "--layers"]).success().line();
    assert_eq!(clean, "No problems found");
    // What is saved is as it was.
    let saved = corten.root().scratch().join("saved.tar");
    corten.run(&["save", "--output", saved.to_str().expect("a path"), "hostile"]).success();
    let again = setup::engine().expect("an engine");
    again.load(&saved);
    assert_eq!(blobs(&again.root().state().join("content/blobs/sha256")), before);
    let wrong = with_budget(&corten, "much", &["system", "settle"]);
    assert!(wrong.contains("`storage-budget`"), "{wrong:?}");
}

#[test]
fn a_blob_that_was_dropped_is_fetched_again_only_when_it_is_needed() {
    let Some(corten) = setup::engine() else { return };
    let Some(archive) = images::busybox(corten.root().scratch()) else { return };
    let registry = Registry::serve(&archive, corten.root().scratch());
    let name = registry.name("library/busybox:1");
    corten.run(&["pull", "--quiet", &name]).success();
    // The configuration and the layer.
    assert_eq!(registry.blob_requests().len(), 2);
    let dropped = corten.run(&["image", "prune", "--force", "--blobs"]).success().stdout();
    let layer =
        dropped.lines().find_map(|line| line.strip_prefix("dropped: sha256:")).expect("a blob").to_owned();
    assert_eq!(corten.run(&["run", "--rm", &name, "echo", "here"]).success().line(), "here");
    corten.run(&["pull", "--quiet", &name]).success();
    assert_eq!(registry.blob_requests(), []);
    assert_eq!(corten.run(&["system", "check", "--layers"]).success().line(), "No problems found");

    let hidden = registry.blobs().join(&layer).with_extension("hidden");
    fs::rename(registry.blobs().join(&layer), &hidden).expect("a blob");
    let saved = corten.root().scratch().join("saved.tar");
    let save = ["save", "--output", saved.to_str().expect("a path"), &name];
    let refused = corten.run(&save).exited(1).stderr();
    for part in [&layer, &name, &format!("{}/library/busybox", registry.address())] {
        assert!(refused.contains(part), "{refused}");
    }
    fs::rename(hidden, registry.blobs().join(&layer)).expect("a blob");
    let refused = registry.blob_requests().len();
    assert!(refused > 0);
    corten.run(&save).success();
    assert_eq!(registry.blob_requests().len(), 1);
    assert!(blobs(&corten.root().state().join("content/blobs/sha256")).contains(&layer));
}

#[test]
fn check_names_a_file_of_a_layer_that_has_changed() {
    let Some(corten) = setup::busybox() else { return };
    let layers = corten.root().state().join("layers");
    let layer = blobs(&layers).into_iter().find(|name| !name.starts_with('.')).expect("a layer");
    let file = layers.join(&layer).join("bin/busybox");
    let mut bytes = fs::read(&file).expect("a file");
    bytes[1000] ^= 1;
    fs::write(&file, bytes).expect("a file");
    assert_eq!(corten.run(&["system", "check"]).success().line(), "No problems found");
    let told = corten.run(&["system", "check", "--layers"]).exited(1).stdout();
    assert!(told.contains(&layer) && told.contains("file `bin/busybox` has changed"), "{told}");
}

#[test]
fn settling_takes_away_what_a_killed_pull_has_left() {
    let Some(corten) = setup::busybox() else { return };
    let left = corten.root().state().join("layers/.unpacking-0123456789abcdef");
    fs::create_dir(&left).expect("a directory");
    fs::write(left.join("file"), "half").expect("a file");
    corten.run(&["system", "settle"]).success();
    assert!(!left.exists());
}

#[test]
fn the_last_container_of_a_removed_image_takes_its_layers_along() {
    let Some(corten) = setup::busybox() else { return };
    let layers = || {
        let names = blobs(&corten.root().state().join("layers"));
        names.into_iter().filter(|name| !name.starts_with('.')).count()
    };
    corten.run(&["create", "--name", "one", "busybox", "true"]).success();
    corten.run(&["create", "--name", "two", "busybox", "true"]).success();
    corten.run(&["rmi", "--force", "busybox"]).success();
    corten.run(&["rm", "one"]).success();
    assert_eq!(layers(), 1);
    assert_eq!(corten.run(&["start", "--attach", "two"]).success().stdout(), "");
    corten.run(&["rm", "two"]).success();
    assert_eq!(layers(), 0);
}

#[test]
fn blobs_that_were_dropped_are_pushed_byte_for_byte() {
    let Some((corten, plain)) = with_plain_image() else { return };
    let Some(gzip) = images::busybox(corten.root().scratch()) else { return };
    let scratch = corten.root().scratch();
    let (from, to) = (Registry::serve(&gzip, scratch), Registry::empty(scratch));
    corten.load(&plain);
    corten.run(&["pull", "--quiet", &from.name("library/busybox:1")]).success();
    let directory = corten.root().state().join("content/blobs/sha256");
    let before: Vec<(String, Vec<u8>)> = blobs(&directory)
        .into_iter()
        .map(|blob| (blob.clone(), fs::read(directory.join(blob)).expect("a blob")))
        .collect();
    corten.run(&["image", "prune", "--force", "--blobs"]).success();
    assert!(blobs(&directory).len() < before.len());
    for source in ["hostile".to_owned(), from.name("library/busybox:1")] {
        let target = to.name("mirror/all:1");
        corten.run(&["tag", &source, &target]).success();
        corten.run(&["push", "--quiet", &target]).success();
    }
    for (blob, bytes) in before {
        assert!(fs::read(to.blobs().join(&blob)).expect("a blob that was pushed") == bytes, "{blob}");
    }
}

#[test]
fn what_was_pushed_can_be_had_again_from_there() {
    let Some(corten) = setup::busybox() else { return };
    let to = Registry::empty(corten.root().scratch());
    let drop_blobs = || corten.run(&["image", "prune", "--force", "--blobs"]).success().stdout();
    assert_eq!(drop_blobs(), "Total reclaimed space: 0B\n");
    let target = to.name("mirror/busybox:1");
    corten.run(&["tag", "busybox", &target]).success();
    corten.run(&["push", "--quiet", &target]).success();
    assert!(drop_blobs().starts_with("Dropped Blobs:\n"));
    let saved = corten.root().scratch().join("saved.tar");
    corten.run(&["save", "--output", saved.to_str().expect("a path"), "busybox"]).success();
    assert_eq!(to.blob_requests().iter().filter(|(path, _)| path.contains("mirror/busybox")).count(), 1);
}

#[test]
fn a_blob_that_was_dropped_is_fetched_again_for_a_layer_that_means_something_else_on_others() {
    let Some(corten) = setup::engine() else { return };
    let scratch = corten.root().scratch();
    // Its directory has the owner and mode of the one below, so it is unpacked once for each.
    let implying = || Layer::new(&[Entry::file("srv/file", "text")], Compression::None).expect("a layer");
    let archive = |name: &str, mode| {
        let below = Entry::Directory { path: "srv".to_owned(), mode };
        let below = Layer::new(&[below], Compression::None).expect("a layer");
        let layers = vec![below, implying()];
        let archive = Archive { name: format!("{name}:1"), config: Config::for_this_machine(), layers };
        let path = scratch.join(format!("{name}.tar"));
        fs::write(&path, archive.to_bytes().expect("an archive")).expect("a file");
        path
    };
    corten.load(&archive("one", 0o700));
    corten.run(&["image", "prune", "--force", "--blobs"]).success();
    let registry = Registry::serve(&archive("two", 0o755), scratch);
    corten.run(&["pull", "--quiet", &registry.name("library/two:1")]).success();
    assert_eq!(corten.run(&["system", "check", "--layers"]).success().line(), "No problems found");
}
