//! Pulling from a registry: what is fetched, what is not fetched again, and what is refused.

use std::fs;
use std::process::Child;
use std::time::{Duration, SystemTime};

use corten_testkit::{Corten, Registry, images};

use crate::setup;

/// An engine with nothing in it, and a registry that has `busybox`.
fn stage() -> Option<(Corten, Registry)> {
    let corten = setup::engine()?;
    let archive = images::busybox(corten.root().scratch())?;
    let registry = Registry::serve(&archive, corten.root().scratch());
    Some((corten, registry))
}

/// What has arrived of blobs that are not complete, in bytes.
fn arrived(corten: &Corten) -> u64 {
    let directory = corten.root().state().join("content/ingest");
    fs::read_dir(directory)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|file| file.metadata().ok())
        .map(|file| file.len())
        .sum()
}

#[test]
fn an_image_is_pulled_told_of_and_not_fetched_twice() {
    let Some((corten, registry)) = stage() else { return };
    let name = registry.name("library/busybox:1");
    let told = corten.run(&["pull", &name]).success().stdout();
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines[0], "1: Pulling from library/busybox");
    assert!(lines[1].ends_with(": Pulling fs layer") && lines[1].find(':') == Some(12), "{told}");
    assert!(lines.iter().any(|line| line.starts_with("Digest: sha256:")), "{told}");
    assert!(told.ends_with(&format!("Status: Downloaded newer image for {name}\n{name}\n")), "{told}");
    assert_eq!(corten.run(&["run", "--rm", &name, "echo", "here"]).success().line(), "here");
    // The configuration and the layer.
    assert_eq!(registry.blob_requests().len(), 2);
    let again = corten.run(&["pull", &name]).success().stdout();
    assert!(again.contains(&format!("Status: Image is up to date for {name}\n")), "{again}");
    assert_eq!(registry.blob_requests(), []);
    assert_eq!(corten.run(&["pull", "--quiet", &name]).success().stdout(), format!("{name}\n"));
    assert_eq!(corten.run(&["system", "check"]).success().line(), "No problems found");
}

#[test]
fn run_pulls_what_is_missing_and_says_so_on_stderr() {
    let Some((corten, registry)) = stage() else { return };
    let name = registry.name("library/busybox:1");
    let never = corten.run(&["run", "--rm", "--pull", "never", &name, "true"]).exited(125).stderr();
    assert!(never.contains(&format!("No such image: {name}")), "{never}");
    let ran = corten.run(&["run", "--rm", &name, "echo", "here"]).success();
    assert_eq!(ran.stdout(), "here\n");
    assert!(ran.stderr().starts_with(&format!("Unable to find image '{name}' locally\n")), "{ran:?}");
    let always = corten.run(&["run", "--rm", "--pull", "always", "--quiet", &name, "true"]).success();
    assert_eq!(always.stderr(), "");
}

/// Begins to pull, and returns once `bytes` of a layer have arrived and no more will.
fn pull_in_part(corten: &Corten, registry: &Registry, name: &str, bytes: u64) -> Child {
    registry.hold_blobs_after(Some(bytes));
    let child = corten.spawn(&mut corten.command(&["pull", "--quiet", name]));
    while arrived(corten) < bytes {
        std::thread::sleep(Duration::from_millis(5));
    }
    registry.hold_blobs_after(None);
    child
}

#[test]
fn a_pull_that_was_killed_goes_on_at_the_byte() {
    let Some((corten, registry)) = stage() else { return };
    let name = registry.name("library/busybox:1");
    let mut killed = pull_in_part(&corten, &registry, &name, 100_000);
    killed.kill().and_then(|()| killed.wait()).expect("its end");
    let _ = registry.blob_requests();
    corten.run(&["pull", "--quiet", &name]).success();
    let asked: Vec<u64> = registry.blob_requests().into_iter().map(|(_, from)| from).collect();
    assert_eq!(asked, [100_000]);
    assert_eq!(corten.run(&["run", "--rm", &name, "echo", "here"]).success().line(), "here");
    assert_eq!(arrived(&corten), 0);
}

#[test]
fn what_arrived_long_ago_is_not_kept_for_ever() {
    let Some((corten, registry)) = stage() else { return };
    let name = registry.name("library/busybox:1");
    let mut killed = pull_in_part(&corten, &registry, &name, 100_000);
    killed.kill().and_then(|()| killed.wait()).expect("its end");
    let long_ago = SystemTime::now() - Duration::from_secs(8 * 24 * 60 * 60);
    for file in fs::read_dir(corten.root().state().join("content/ingest")).unwrap().flatten() {
        fs::File::open(file.path()).unwrap().set_modified(long_ago).unwrap();
    }
    corten.load(&images::busybox(corten.root().scratch()).unwrap());
    assert_eq!(arrived(&corten), 0);
    assert_eq!(corten.run(&["system", "check"]).success().line(), "No problems found");
}

#[test]
fn two_pulls_of_one_layer_share_its_download() {
    let Some((corten, registry)) = stage() else { return };
    let (one, other) = (registry.name("library/busybox:1"), registry.name("copy/busybox:2"));
    let mut first = pull_in_part(&corten, &registry, &one, 100_000);
    let others = [(); 2].map(|()| corten.spawn(&mut corten.command(&["pull", "--quiet", &other])));
    // The first ends, one of the others goes on with what has arrived, and the last finds it there.
    first.kill().and_then(|()| first.wait()).expect("its end");
    for mut child in others {
        assert!(child.wait().unwrap().success());
    }
    let layers = registry.blob_requests().into_iter().filter(|(_, from)| *from > 0).count();
    assert_eq!(layers, 1);
    corten.run(&["run", "--rm", &other, "true"]).success();
}

#[test]
fn a_blob_that_is_not_what_was_announced_is_refused_and_nothing_stays() {
    let Some((corten, registry)) = stage() else { return };
    let name = registry.name("library/busybox:1");
    let blobs = fs::read_dir(registry.blobs()).unwrap().flatten();
    let layer = blobs.max_by_key(|blob| blob.metadata().unwrap().len()).unwrap().path();
    let mut bytes = fs::read(&layer).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&layer, &bytes).unwrap();
    let refused = corten.run(&["pull", &name]).exited(1).stderr();
    assert!(refused.contains(&layer.file_name().unwrap().to_string_lossy()[..]), "{refused}");
    assert_eq!(corten.run(&["images", "--quiet"]).success().stdout(), "");
    // Put right, it is fetched anew.
    bytes[middle] ^= 1;
    fs::write(&layer, &bytes).unwrap();
    corten.run(&["pull", &name]).success();
}

#[test]
fn what_a_registry_does_not_have_is_told_in_dockers_words() {
    let Some((corten, registry)) = stage() else { return };
    let digest = format!("sha256:{}", "0".repeat(64));
    let name = registry.name(&format!("library/busybox@{digest}"));
    let refused = corten.run(&["pull", &name]).exited(1).stderr();
    let expected = format!(
        "Error response from daemon: manifest for {name} not found: manifest unknown: manifest unknown"
    );
    assert!(refused.starts_with(&expected), "{refused}");
    let name = registry.name("library/busybox:1");
    let other = corten.run(&["pull", "--platform", "linux/s390x", &name]).exited(1).stderr();
    assert!(other.contains("linux/s390x"), "{other}");
    let nobody = corten.run(&["pull", "127.0.0.1:1/library/busybox:1"]).exited(1).stderr();
    assert!(nobody.contains("127.0.0.1:1"), "{nobody}");
}

#[test]
fn all_tags_of_a_repository_are_pulled_one_after_the_other() {
    let Some((corten, registry)) = stage() else { return };
    let source = registry.name("library/busybox:1");
    corten.run(&["pull", "--quiet", &source]).success();
    for tag in ["one", "two"] {
        let name = registry.name(&format!("several/busybox:{tag}"));
        corten.run(&["tag", &source, &name]).success();
        corten.run(&["push", "--quiet", &name]).success();
        corten.run(&["rmi", &name]).success();
    }
    let repository = registry.name("several/busybox");
    let told = corten.run(&["pull", "--all-tags", &repository]).success().stdout();
    for tag in ["one", "two"] {
        assert!(told.contains(&format!("{tag}: Pulling from several/busybox\n")), "{told}");
        corten.run(&["image", "inspect", &format!("{repository}:{tag}")]).success();
    }
    let status = format!("\nStatus: Downloaded newer image for {repository}\n{repository}\n");
    assert!(told.ends_with(&status), "{told}");
    let refused = corten.run(&["pull", "-a", &source]).exited(1).stderr();
    assert_eq!(refused, "tag can't be used with --all-tags/-a\n");
}

#[test]
fn a_manifest_is_shown_as_it_is_in_the_registry() {
    let Some((corten, registry)) = stage() else { return };
    let name = registry.name("library/busybox:1");
    let shown = corten.run(&["manifest", "inspect", &name]).success().stdout();
    assert!(shown.starts_with("{\n\t\"config\": {\n\t\t\"digest\": \"sha256:"), "{shown}");
    let verbose = corten.run(&["manifest", "inspect", "--verbose", &name]).success().stdout();
    let begins = format!(
        "{{\n\t\"Ref\": \"{name}\",\n\t\"Descriptor\": {{\n\t\t\"mediaType\": \"application/vnd.oci.image.manifest.v1+json\",\n\t\t\"digest\": \"sha256:"
    );
    assert!(verbose.starts_with(&begins), "{verbose}");
    assert!(verbose.contains("\n\t\t\t\"os\": \"linux\"\n\t\t}\n\t},\n\t\"Raw\": \""), "{verbose}");
    assert!(
        verbose.contains(&format!("\n\t\"OCIManifest\": {}", shown.trim_end().replace('\n', "\n\t"))),
        "{verbose}"
    );
    let nothing = registry.name(&format!("library/busybox@sha256:{}", "0".repeat(64)));
    let refused = corten.run(&["manifest", "inspect", &nothing]).exited(1).stderr();
    assert_eq!(refused, format!("no such manifest: {nothing}\n"));
    registry.demand_token("somebody", "secret");
    let refused = corten.run(&["manifest", "inspect", &name]).exited(1).stderr();
    assert_eq!(refused, "Error response from daemon: unauthorized: unauthorized\n");
}
