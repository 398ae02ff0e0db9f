//! Pushing to a registry: what is sent, what is not sent again, and what is refused.

use std::fs;

use corten_testkit::{Corten, Registry, fixtures, images};

use crate::setup;

/// An engine that has pulled `busybox`, the registry that it is from, and one that has nothing.
fn stage() -> Option<(Corten, Registry, Registry)> {
    let corten = setup::engine()?;
    let scratch = corten.root().scratch();
    let from = Registry::serve(&images::busybox(scratch)?, scratch);
    let to = Registry::empty(scratch);
    corten.run(&["pull", "--quiet", &from.name("library/busybox:1")]).success();
    Some((corten, from, to))
}

/// What `corten` prints for a template of `image inspect`.
fn inspect(corten: &Corten, name: &str, template: &str) -> String {
    corten.run(&["image", "inspect", "--format", template, name]).success().line()
}

#[test]
fn what_was_pulled_is_pushed_with_the_same_digests_and_not_sent_twice() {
    let Some((corten, from, to)) = stage() else { return };
    let (source, target) = (from.name("library/busybox:1"), to.name("mirror/busybox:1"));
    corten.run(&["tag", &source, &target]).success();
    let told = corten.run(&["push", &target]).success().stdout();
    let lines: Vec<&str> = told.lines().collect();
    let repository = to.name("mirror/busybox");
    assert_eq!(lines[0], format!("The push refers to repository [{repository}]"));
    assert!(lines[1].ends_with(": Preparing") && lines[1].find(':') == Some(12), "{told}");
    assert!(lines[2].ends_with(": Pushed"), "{told}");
    let digest = to.tag("mirror/busybox", "1").unwrap();
    let size = fs::metadata(to.blobs().join(&digest["sha256:".len()..])).unwrap().len();
    assert_eq!(lines[3..], [format!("1: digest: {digest} size: {size}")]);
    // Manifest, configuration and layer, byte for byte.
    for blob in fs::read_dir(to.blobs()).unwrap().flatten() {
        let original = from.blobs().join(blob.file_name());
        assert_eq!(fs::read(blob.path()).unwrap(), fs::read(original).unwrap());
    }
    assert_eq!(fs::read_dir(to.blobs()).unwrap().count(), 3);
    let digests = inspect(&corten, &target, "{{json .RepoDigests}}");
    assert!(digests.contains(&format!("\"{repository}@{digest}\"")), "{digests}");

    let _ = to.writes();
    let again = corten.run(&["push", &target]).success().stdout();
    assert!(again.contains(": Layer already exists\n"), "{again}");
    assert_eq!(to.writes(), [("PUT".to_owned(), "/v2/mirror/busybox/manifests/1".to_owned())]);
    corten.run(&["rmi", "--force", &inspect(&corten, &target, "{{.Id}}")]).success();
    corten.run(&["pull", "--quiet", &target]).success();
    assert_eq!(corten.run(&["run", "--rm", &target, "echo", "here"]).success().line(), "here");
    assert_eq!(corten.run(&["system", "check"]).success().line(), "No problems found");
}

#[test]
fn a_blob_that_another_repository_of_the_registry_has_is_mounted() {
    let Some((corten, _, to)) = stage() else { return };
    let image = corten.run(&["images", "--quiet"]).success().line();
    for name in ["one/busybox:1", "other/busybox:1"] {
        corten.run(&["tag", &image, &to.name(name)]).success();
    }
    corten.run(&["push", "--quiet", &to.name("one/busybox:1")]).success();
    let _ = to.writes();
    let told = corten.run(&["push", &to.name("other/busybox:1")]).success().stdout();
    assert!(told.contains(": Mounted from one/busybox\n"), "{told}");
    let sent: Vec<String> = to.writes().into_iter().map(|(method, _)| method).collect();
    assert_eq!(sent, ["POST", "POST", "PUT"]);
    let tag = |repository| to.tag(repository, "1");
    assert_eq!(tag("one/busybox"), tag("other/busybox"));
}

#[test]
fn an_upload_that_breaks_goes_on_at_the_byte() {
    let Some((corten, _, to)) = stage() else { return };
    let target = to.name("mirror/busybox:1");
    corten.run(&["tag", &corten.run(&["images", "--quiet"]).success().line(), &target]).success();
    to.cut_upload_after(100_000);
    corten.run(&["push", &target]).success();
    let patches = to.writes().into_iter().filter(|(method, _)| method == "PATCH").count();
    assert_eq!(patches, 2);
    corten.run(&["rmi", "--force", &inspect(&corten, &target, "{{.Id}}")]).success();
    corten.run(&["pull", "--quiet", &target]).success();
}

#[test]
fn a_blob_that_is_damaged_here_is_refused_there_and_no_tag_is_given() {
    let Some((corten, _, to)) = stage() else { return };
    let target = to.name("mirror/busybox:1");
    corten.run(&["tag", &corten.run(&["images", "--quiet"]).success().line(), &target]).success();
    let blobs = fs::read_dir(corten.root().state().join("content/blobs/sha256")).unwrap().flatten();
    let layer = blobs.max_by_key(|blob| blob.metadata().unwrap().len()).unwrap().path();
    let mut bytes = fs::read(&layer).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&layer, &bytes).unwrap();
    let refused = corten.run(&["push", &target]).exited(1).stderr();
    let digest = layer.file_name().unwrap().to_string_lossy().into_owned();
    assert!(refused.contains(&digest) && refused.contains("digest invalid"), "{refused}");
    assert_eq!(to.tag("mirror/busybox", "1"), None);
    bytes[middle] ^= 1;
    fs::write(&layer, &bytes).unwrap();
    corten.run(&["push", &target]).success();
}

#[test]
fn a_blob_that_is_gone_here_is_not_missed_where_the_registry_has_it() {
    let Some((corten, from, _)) = stage() else { return };
    let blobs = fs::read_dir(corten.root().state().join("content/blobs/sha256")).unwrap().flatten();
    fs::remove_file(blobs.max_by_key(|blob| blob.metadata().unwrap().len()).unwrap().path()).unwrap();
    let target = from.name("library/busybox:2");
    corten.run(&["tag", &from.name("library/busybox:1"), &target]).success();
    let told = corten.run(&["push", &target]).success().stdout();
    assert!(told.contains(": Layer already exists\n"), "{told}");
    assert!(from.tag("library/busybox", "2").is_some());
}

#[test]
fn all_tags_of_a_repository_are_pushed_at_once_and_quietly() {
    let Some((corten, _, to)) = stage() else { return };
    let image = corten.run(&["images", "--quiet"]).success().line();
    for tag in ["one", "two"] {
        corten.run(&["tag", &image, &to.name(&format!("mirror/busybox:{tag}"))]).success();
    }
    let repository = to.name("mirror/busybox");
    let quiet = corten.run(&["push", "--quiet", "--all-tags", &repository]).success();
    assert_eq!(quiet.stdout(), format!("{repository}\n"));
    assert!(to.tag("mirror/busybox", "one").is_some());
    assert_eq!(to.tag("mirror/busybox", "one"), to.tag("mirror/busybox", "two"));
    let told = corten.run(&["image", "push", "-a", &repository]).success().stdout();
    assert_eq!(told.matches(": digest: sha256:").count(), 2, "{told}");
    let refused = corten.run(&["push", "-a", &to.name("mirror/busybox:one")]).exited(1).stderr();
    assert_eq!(refused, "tag can't be used with --all-tags/-a\n");
}

#[test]
fn what_cannot_be_pushed_is_told_in_dockers_words() {
    let Some((corten, from, _)) = stage() else { return };
    let refused = |name: &str| corten.run(&["push", name]).exited(1).stderr();
    let nothing = from.name("library/other");
    assert_eq!(refused(&nothing), format!("An image does not exist locally with the tag: {nothing}\n"));
    let other = from.name("library/busybox:other");
    assert_eq!(refused(&other), format!("tag does not exist: {other}\n"));
    let digest = format!("{}@sha256:{}", from.name("library/busybox"), "0".repeat(64));
    assert_eq!(refused(&digest), "cannot push a digest reference\n");
    let name = from.name("library/busybox:1");
    let platform = corten.run(&["push", "--platform", "linux/s390x", &name]).exited(1).stderr();
    let expected = format!(
        "image with reference {name} was found but does not provide the specified platform (linux/s390x)\n"
    );
    assert_eq!(platform, expected);
    from.demand_password("somebody", "secret");
    assert_eq!(refused(&name), "no basic auth credentials\n");
    from.demand_token("somebody", "secret");
    assert_eq!(refused(&name), "unauthorized: unauthorized\n");
}

#[test]
fn an_index_is_pushed_whole_or_else_the_one_platform_that_is_here() {
    let Some(corten) = setup::engine() else { return };
    let Some(archive) = fixtures::image("alpine-3.20") else { return };
    corten.load(&archive);
    let to = Registry::empty(corten.root().scratch());
    let target = |tag: &str| to.name(&format!("mirror/alpine:{tag}"));
    let push = |tag: &str, words: &[&str]| {
        corten.run(&["tag", "alpine:3.20", &target(tag)]).success();
        corten.run(&[words, &[target(tag).as_str()]].concat()).success().stdout()
    };
    let told = push("all", &["push"]);
    let index = to.tag("mirror/alpine", "all").unwrap();
    assert!(told.contains(&format!("\nall: digest: {index} size: ")) && !told.contains("Info"), "{told}");
    assert_eq!(told.matches(": Pushed\n").count(), 8, "{told}");

    let listed = corten.run(&["manifest", "inspect", &target("all")]).success().stdout();
    assert_eq!(listed.matches("\"architecture\": ").count(), 8);

    let told = push("one", &["push", "--platform", "linux/arm64"]);
    let one = to.tag("mirror/alpine", "one").unwrap();
    assert!(listed.contains(&format!("\"digest\": \"{one}\"")), "{told}");
    assert!(told.contains(": Layer already exists\n"), "{told}");

    for name in ["alpine:3.20", &target("all"), &target("one")] {
        corten.run(&["rmi", "--platform", "linux/s390x", name]).success();
    }
    corten.run(&["rmi", &target("all"), &target("one")]).success();
    let told = push("rest", &["push"]);
    let rest = to.tag("mirror/alpine", "rest").unwrap();
    let note = format!(
        " Info -> Not all multiplatform-content is present and only the available single-platform image was pushed\n         \
         {index} -> {rest}\n"
    );
    assert!(told.ends_with(&note), "{told}");
    assert!(listed.contains(&format!("\"digest\": \"{rest}\"")) && rest != one);
    let digests = inspect(&corten, &target("rest"), "{{json .RepoDigests}}");
    assert!(digests.contains(&rest), "{digests}");
    assert_eq!(corten.run(&["system", "check"]).success().line(), "No problems found");
}

#[test]
fn a_terminal_sees_how_far_each_layer_is() {
    let Some((corten, _, to)) = stage() else { return };
    let target = to.name("mirror/busybox:1");
    corten.run(&["tag", &corten.run(&["images", "--quiet"]).success().line(), &target]).success();
    let mut terminal = corten.terminal(&["push", &target]);
    terminal.expect(": Preparing");
    terminal.expect(": Pushing [");
    terminal.expect(": Pushed");
    terminal.expect("1: digest: sha256:");
    assert_eq!(terminal.wait(), 0);
}
