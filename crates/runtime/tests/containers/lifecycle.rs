//! From `create` to `delete`.

use corten_spec::runtime::{Hook, Hooks, State, Status};

use crate::bundle::Bundle;
use crate::harness::Test;

pub(crate) const TESTS: &[Test] = &[
    (
        "a_created_container_waits_runs_is_entered_killed_and_deleted",
        a_created_container_waits_runs_is_entered_killed_and_deleted,
    ),
    ("the_exit_status_is_the_programs_own", the_exit_status_is_the_programs_own),
    ("a_paused_container_is_not_entered", a_paused_container_is_not_entered),
    (
        "hooks_read_the_state_in_the_order_of_the_specification",
        hooks_read_the_state_in_the_order_of_the_specification,
    ),
];

fn state(bundle: &Bundle) -> State {
    let ran = bundle.run(&["state", &bundle.name]);
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

fn create(bundle: &Bundle) {
    bundle.write();
    let ran = bundle.detached(&["create", "--bundle", bundle.path().to_str().unwrap(), &bundle.name]);
    assert_eq!(ran, 0);
}

fn a_created_container_waits_runs_is_entered_killed_and_deleted() {
    let bundle = Bundle::new(&["wait"]);
    create(&bundle);
    let created = state(&bundle);
    assert_eq!((created.status, created.bundle.as_str()), (Status::Created, bundle.path().to_str().unwrap()));
    assert!(!bundle.cgroups().is_empty());
    assert_eq!(bundle.run(&["start", &bundle.name]).status, 0);
    assert_eq!(state(&bundle).status, Status::Running);
    assert_eq!(bundle.run(&["start", &bundle.name]).status, 1);
    let entered = bundle.run(&["exec", "--cwd", "/dev", &bundle.name, "/probe", "facts"]);
    assert!(
        entered.stdout.contains("\ncwd /dev\n") && entered.stdout.contains("host corten\n"),
        "{entered:?}"
    );
    assert_eq!(bundle.run(&["exec", &bundle.name, "/probe", "exit", "7"]).status, 7);
    let failed = bundle.run(&["exec", &bundle.name, "/nope"]);
    assert_eq!(failed.status, 255);
    assert!(failed.stderr.contains("exec failed: unable to start container process: exec: "), "{failed:?}");
    assert_eq!(bundle.run(&["kill", &bundle.name, "0"]).status, 0);
    let refused = bundle.run(&["delete", &bundle.name]);
    assert!(refused.stderr.contains("that is not stopped: running"), "{refused:?}");
    let pidfd = corten_sys::pidfd::open(created.pid.unwrap()).unwrap();
    assert_eq!(bundle.run(&["kill", &bundle.name, "KILL"]).status, 0);
    let mut ended = [rustix::event::PollFd::new(&pidfd, rustix::event::PollFlags::IN)];
    rustix::event::poll(&mut ended, None).unwrap();
    assert_eq!(state(&bundle).status, Status::Stopped);
    assert_eq!(bundle.run(&["kill", &bundle.name, "0"]).status, 1);
    assert_eq!(bundle.run(&["exec", &bundle.name, "/probe"]).status, 255);
    assert_eq!(bundle.run(&["delete", &bundle.name]).status, 0);
    bundle.assert_clean();
}

fn the_exit_status_is_the_programs_own() {
    for (words, status) in [(&["exit", "0"][..], 0), (&["exit", "42"], 42), (&["exit", "255"], 255)] {
        let bundle = Bundle::new(words);
        assert_eq!(bundle.run_container().status, status);
        bundle.assert_clean();
    }
}

fn a_paused_container_is_not_entered() {
    let bundle = Bundle::new(&["wait"]);
    create(&bundle);
    assert_eq!(bundle.run(&["start", &bundle.name]).status, 0);
    assert_eq!(bundle.run(&["pause", &bundle.name]).status, 0);
    assert_eq!(state(&bundle).status, Status::Paused);
    assert_eq!(bundle.run(&["exec", &bundle.name, "/probe", "exit", "0"]).status, 255);
    assert_eq!(bundle.run(&["resume", &bundle.name]).status, 0);
    assert_eq!(bundle.run(&["exec", &bundle.name, "/probe", "exit", "0"]).status, 0);
    assert_eq!(bundle.run(&["delete", "--force", &bundle.name]).status, 0);
    bundle.assert_clean();
}

fn hooks_read_the_state_in_the_order_of_the_specification() {
    let mut bundle = Bundle::new(&["exit", "0"]);
    let heard = bundle.path().join("heard");
    let own = std::env::current_exe().unwrap().to_str().unwrap().to_owned();
    let hook = |word: &str| Hook {
        path: own.clone(),
        args: vec![word.to_owned(), "hook".to_owned(), heard.to_str().unwrap().to_owned()],
        ..Hook::default()
    };
    bundle.spec.hooks = Some(Hooks {
        create_runtime: vec![hook("createRuntime")],
        create_container: vec![hook("createContainer")],
        poststart: vec![hook("poststart")],
        poststop: vec![hook("poststop")],
        ..Hooks::default()
    });
    let ran = bundle.run_container();
    assert_eq!(ran.status, 0, "{ran:?}");
    let text = std::fs::read_to_string(&heard).unwrap();
    let states = serde_json::Deserializer::from_str(&text).into_iter::<State>();
    let states: Vec<(String, Status)> =
        states.map(|state| state.map(|state| (state.id, state.status)).unwrap()).collect();
    let expected = [Status::Creating, Status::Creating, Status::Running, Status::Stopped];
    assert_eq!(states, expected.map(|status| (bundle.name.clone(), status)));
    bundle.assert_clean();
}
