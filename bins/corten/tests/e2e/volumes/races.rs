//! Several engines at once: there is no daemon that would put them in order.

use std::process::Child;

use corten_testkit::Corten;

use super::{names, with_image};

fn at_once(corten: &Corten, commands: &[Vec<String>]) -> Vec<bool> {
    let started: Vec<Child> = commands.iter().map(|words| corten.spawn(&mut corten.command(words))).collect();
    started.into_iter().map(|mut child| child.wait().expect("its end").success()).collect()
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

#[test]
fn one_volume_is_made_and_filled_however_many_want_it() {
    let Some(corten) = with_image() else { return };
    let create: Vec<_> = (0..6).map(|_| words("create -v data:/v image cat /v/one")).collect();
    assert!(at_once(&corten, &create).into_iter().all(|done| done));
    let made: Vec<_> = (0..4).map(|_| words("volume create data")).collect();
    assert!(at_once(&corten, &made).into_iter().all(|done| done));
    let told = corten.run(&[
        "events",
        "--since",
        "0",
        "--until",
        &crate::events::now(),
        "--filter",
        "type=volume",
        "--format",
        "{{.Actor.ID}} {{.Action}}",
    ]);
    let creations = told.success().stdout().lines().filter(|line| *line == "data create").count();
    assert_eq!(creations, 1);
    let data = corten.root().state().join("volumes/data");
    let left: Vec<_> = std::fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["_data"]);
    assert_eq!(std::fs::read_to_string(data.join("_data/sub/two")).unwrap(), "one\n");
}

#[test]
fn nobody_removes_what_somebody_is_about_to_use() {
    let Some(corten) = with_image() else { return };
    for _ in 0..6 {
        let mut commands: Vec<_> = (0..3).map(|_| words("volume rm -f data")).collect();
        commands.extend((0..3).map(|_| words("create -v data:/v image true")));
        commands.push(words("volume prune --all --force"));
        let done = at_once(&corten, &commands);
        assert!(done[3..6].iter().all(|created| *created), "{done:?}");
        // Whoever was first: the containers have a volume, and it is whole.
        assert!(names(&corten).contains(&"data".to_owned()));
        assert!(corten.root().state().join("volumes/data/_data/sub/two").exists());
        let containers = corten.run(&["ps", "-aq"]).success().stdout();
        let containers: Vec<&str> = containers.lines().collect();
        corten.run(&[&["rm"], containers.as_slice()].concat()).success();
        corten.run(&["system", "check"]).success();
    }
}
