//! Volumes: what is in them, who has them, and what becomes of them.

#![allow(
    clippy::unwrap_used,
    reason = "all of it is test code, which clippy sees only in functions marked as tests"
)]

mod client;
mod crash;
mod first_use;
mod kinds;
mod lives;
mod races;

use corten_testkit::Corten;

use crate::setup;

/// An engine with the image `image`: files of several owners in `/v`, which it declares as a volume.
#[track_caller]
pub(super) fn with_image() -> Option<Corten> {
    let corten = setup::busybox()?;
    let script = "mkdir -p /v/sub && echo one > /v/one && ln /v/one /v/sub/two && ln -s /nowhere /v/link && \
                  chown 7:8 /v/one && chown 5:6 /v && chmod 1750 /v";
    corten.run(&["run", "--network", "none", "--name", "made", "busybox", "sh", "-c", script]).success();
    corten.run(&["commit", "--change", "VOLUME /v", "made", "image"]).success();
    corten.run(&["rm", "made"]).success();
    Some(corten)
}

/// The names of all volumes.
pub(super) fn names(corten: &Corten) -> Vec<String> {
    let listed = corten.run(&["volume", "ls", "--quiet"]).success().stdout();
    listed.lines().map(str::to_owned).collect()
}

/// What a command says in a new container without a network.
pub(super) fn said(corten: &Corten, options: &[&str], script: &str) -> String {
    let all = [&["run", "--rm", "--network", "none"], options, &["image", "sh", "-c", script]].concat();
    corten.run(&all).success().stdout()
}
