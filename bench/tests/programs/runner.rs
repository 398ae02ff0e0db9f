//! The runner tells what commands took, whatever becomes of them.

use corten_bench::error::Error;
use corten_bench::order::Leaves;
use corten_bench::runner::{CommandLine, Runner, View};

use crate::surroundings::programs;

fn shell(script: &str) -> CommandLine {
    let words = ["/bin/sh", "-c", script].map(str::to_owned).to_vec();
    CommandLine { words, environment: vec!["PATH=/usr/bin:/bin".to_owned()], ..CommandLine::default() }
}

#[test]
fn orphans_are_waited_for_and_residents_are_not() {
    let mut runner = Runner::start(&programs().runner, View::Host, None).unwrap();
    let resident = CommandLine { leaves: Leaves::Everything, ..shell("sleep 600 & echo $!") };
    runner.run(&resident).unwrap();
    let resident = runner.output().unwrap();
    // The orphan says in the file of the command that it has run to its end.
    runner.run(&shell("(sleep 0.1; echo done) & exit 0")).unwrap();
    assert_eq!(runner.output().unwrap(), "done\n");
    runner.run(&shell(&format!("kill -9 {resident}"))).unwrap();
}

#[test]
fn one_resident_may_stay_and_nobody_else() {
    let mut runner = Runner::start(&programs().runner, View::Host, None).unwrap();
    let named = |name: &str, seconds: &str| {
        let script = format!("(printf {name} > /proc/self/comm; sleep {seconds}; echo done) & echo $!");
        CommandLine { leaves: Leaves::Resident("guard".to_owned()), ..shell(&script) }
    };
    runner.run(&named("guard", "600")).unwrap();
    let resident = runner.output().unwrap().trim().to_owned();
    runner.run(&shell("exit 0")).unwrap();
    // Another of that name, and one of another name, are waited for.
    for name in ["guard", "other"] {
        runner.run(&named(name, "0.1")).unwrap();
        assert!(runner.output().unwrap().ends_with("done\n"), "{name}");
    }
    let end = format!("kill -9 {resident} $(cat /proc/{resident}/task/{resident}/children)");
    runner.run(&shell(&end)).unwrap();
}

#[test]
fn a_failure_carries_what_the_command_said() {
    let mut runner = Runner::start(&programs().runner, View::Host, None).unwrap();
    let Err(Error::Command { exit_code, errors, .. }) = runner.run(&shell("echo no sheep >&2; exit 3"))
    else {
        panic!("it did not fail")
    };
    assert_eq!((exit_code, errors.as_str()), (3, "no sheep"));
    let missing = CommandLine { words: vec!["/does/not/exist".to_owned()], ..CommandLine::default() };
    assert!(matches!(runner.run(&missing), Err(Error::Unmeasured { .. })));
    assert!(runner.run(&shell("exit 0")).unwrap().peak_memory > 0);
}
