//! Commands, daemons and monitors that are killed or have a call fail: two hundred of them somewhere (`cargo xtask soak crash` makes five
//! thousand), a pull everywhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use corten_cgroups::Layout;
use corten_image_archive::{Archive, Compression, Config, Entry, Layer};
use corten_testkit::crash::{Plan, run};
use corten_testkit::fault::{self, Fault, Strike, Victim};
use corten_testkit::{Corten, Registry, images, requirement};

use crate::setup;

/// A hundred rounds, from this one on.
fn hundred(first: u64) {
    if !requirement::root() {
        return;
    }
    let Some(busybox) = images::static_busybox() else { return };
    let program = env!("CARGO_BIN_EXE_corten").into();
    let plan = Plan { program, busybox, rounds: 100, seed: 1, first, keep: false, measure: false };
    let tally = run(&plan).unwrap_or_else(|finding| panic!("{}", finding.0));
    let total = tally.total();
    assert_eq!(total.rounds, 100);
    // Otherwise the calls have become fewer than the harness thinks, and it shows nothing.
    assert!(total.struck > 45, "{tally:?}");
    let victims: Vec<_> = tally.victims.keys().copied().collect();
    assert_eq!(victims, ["command", "daemon", "monitor", "watchers"], "{tally:?}");
}

#[test]
fn nothing_is_lost_and_nothing_is_left_behind() {
    hundred(0);
}

#[test]
fn nor_is_it_in_a_hundred_rounds_more() {
    hundred(100);
}

/// Two layers, of a few files each.
fn small_image(directory: &Path) -> PathBuf {
    let layer = |name: &str| {
        let files = (0..2).map(|number| Entry::file(&format!("{name}{number}"), name.repeat(2000 + number)));
        Layer::new(&files.collect::<Vec<_>>(), Compression::Gzip).expect("a layer")
    };
    let layers = vec![layer("below"), layer("above")];
    let archive = Archive { name: "small:1".to_owned(), config: Config::for_this_machine(), layers };
    let path = directory.join("small.tar");
    fs::write(&path, archive.to_bytes().expect("an archive")).expect("a file");
    path
}

/// Blobs that are there with their names, and bytes of those that are not, by digest.
fn received(corten: &Corten) -> (BTreeSet<String>, BTreeMap<String, u64>) {
    let content = corten.root().state().join("content");
    let files = |directory: PathBuf| {
        let entries = fs::read_dir(directory).into_iter().flatten().flatten();
        entries.map(|file| {
            (file.file_name().to_string_lossy().into_owned(), file.metadata().expect("a file").len())
        })
    };
    let whole = files(content.join("blobs/sha256")).map(|(hex, _)| format!("sha256:{hex}")).collect();
    let partial =
        files(content.join("ingest")).map(|(name, size)| (name.replacen('-', ":", 1), size)).collect();
    (whole, partial)
}

#[test]
fn a_pull_that_is_killed_at_any_call_has_no_byte_sent_twice() {
    let Some(corten) = setup::engine() else { return };
    let scratch = corten.root().scratch();
    let registry = Registry::serve(&small_image(scratch), scratch);
    let name = registry.name("small:1");
    // What the first command of a root makes is not the pull's.
    corten.run(&["images"]).success();
    let mut step = 1;
    loop {
        let strike = Strike { fault: Fault::Kill, step, victim: Victim::Any };
        let killed = fault::run(&corten.command(&["pull", &name]), scratch, Some(strike)).expect("a command");
        let Some(at) = killed.hit else { break };
        let (whole, partial) = received(&corten);
        let _before = registry.blob_requests();
        corten.run(&["pull", &name]).success();
        for (path, from) in registry.blob_requests() {
            let digest = path.rsplit('/').next().expect("a digest");
            let had =
                if whole.contains(digest) { u64::MAX } else { partial.get(digest).copied().unwrap_or(0) };
            assert!(from >= had, "killed at {at}: had {had} bytes of {digest}, was sent it from {from} on");
        }
        assert_eq!(received(&corten).1, BTreeMap::new(), "killed at {at}");
        corten.run(&["rmi", &name]).success();
        step += 1;
    }
    assert!(step > 40, "a pull changed {step} files only");
}

#[test]
fn a_start_ends_whichever_process_that_was_made_ahead_for_it_is_killed() {
    let Some(corten) = setup::busybox() else { return };
    let words = ["run", "--detach", "--network", "none", "--name", "box", "busybox", "sleep", "1000"];
    let mut survived = 0;
    for step in 1..=20 {
        let strike = Strike { fault: Fault::Kill, step, victim: Victim::Monitor };
        let run =
            fault::run(&corten.command(&words), corten.root().scratch(), Some(strike)).expect("a command");
        assert!(!run.hung, "killed at {:?}", run.hit);
        survived += u32::from(run.code == 0);
        corten.run(&["rm", "--force", "box"]).success();
    }
    // One that was killed before it had the order is replaced.
    assert!((4..20).contains(&survived), "{survived} of 20 ran");
}

#[test]
fn a_container_is_frozen_where_its_record_says_so_whoever_was_killed() {
    let Some(corten) = setup::busybox() else { return };
    let Ok(layout) = Layout::detect() else { return };
    let id = corten.run(&["run", "-d", "--name", "box", "busybox", "sleep", "1000"]).success().line();
    let cgroup = format!("{}/{id}", layout.home(&corten.root().cgroup()).expect("a cgroup of its own"));
    let status = || corten.run(&["inspect", "--format", "{{.State.Status}}", "box"]).success().line();
    for words in [&["pause", "box"][..], &["unpause", "box"], &["commit", "box", "made"]] {
        let mut step = 1;
        loop {
            if words[0] == "unpause" {
                corten.run(&["pause", "box"]).success();
            }
            let strike = Strike { fault: Fault::Kill, step, victim: Victim::Any };
            let command = corten.command(words);
            let killed = fault::run(&command, corten.root().scratch(), Some(strike)).expect("a command");
            let status = status();
            let is_frozen = layout.open(&cgroup).and_then(|cgroup| cgroup.is_frozen()).expect("its state");
            assert_eq!(
                status == "paused",
                is_frozen,
                "{status} after {words:?} was killed at {:?}",
                killed.hit
            );
            if is_frozen {
                corten.run(&["unpause", "box"]).success();
            }
            if killed.hit.is_none() {
                break;
            }
            step += 1;
        }
        assert!(step > 4, "{words:?} changed {step} files only");
    }
}

#[test]
fn a_pruning_that_cannot_remove_something_says_so() {
    let Some(corten) = setup::busybox() else { return };
    for kind in ["container", "volume"] {
        let listed = match kind {
            "container" => ["ps", "--all", "--quiet"],
            _ => ["volume", "ls", "--quiet"],
        };
        let mut failures = 0;
        for step in (1..).step_by(4) {
            corten.run(&["create", "busybox"]).success();
            corten.run(&["volume", "create"]).success();
            let strike = Strike { fault: Fault::NoDescriptors, step, victim: Victim::Any };
            let prune = corten.command(&[kind, "prune", "--force"]);
            let struck = fault::run(&prune, corten.root().scratch(), Some(strike)).expect("a command");
            let Some(at) = struck.hit else { break };
            let left = corten.run(&listed).success().stdout();
            assert!(struck.code != 0 || left.is_empty(), "{kind}: failed at {at}, and did not say so");
            failures += usize::from(!left.is_empty());
        }
        assert!(failures > 1, "{failures} failures only");
    }
}

#[test]
fn many_pulls_of_one_image_at_once_do_not_wait_for_each_other_for_ever() {
    let Some(corten) = setup::engine() else { return };
    let scratch = corten.root().scratch();
    let registry = Registry::serve(&small_image(scratch), scratch);
    for round in 0..10 {
        let names: Vec<String> = (0..3).map(|copy| registry.name(&format!("small{copy}:{round}"))).collect();
        let pulls: Vec<_> =
            names.iter().map(|name| corten.spawn(&mut corten.command(&["pull", name]))).collect();
        for mut pull in pulls {
            assert!(pull.wait().expect("its end").success());
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        corten.run(&[&["rmi"], names.as_slice()].concat()).success();
    }
}
