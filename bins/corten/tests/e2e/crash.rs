//! A hundred commands that are killed or have a call fail somewhere; `cargo xtask soak crash` does it two thousand times.

use corten_testkit::crash::{Plan, run};
use corten_testkit::{images, requirement};

#[test]
fn nothing_is_lost_and_nothing_is_left_behind() {
    if !requirement::root() {
        return;
    }
    let Some(busybox) = images::static_busybox() else { return };
    let program = env!("CARGO_BIN_EXE_corten").into();
    let plan = Plan { program, busybox, rounds: 100, seed: 1, first: 0, keep: false };
    let tally = run(&plan).unwrap_or_else(|finding| panic!("{}", finding.0));
    let total = tally.total();
    assert_eq!(total.rounds, 100);
    // Otherwise the calls have become fewer than the harness thinks, and it shows nothing.
    assert!(total.struck > 50, "{tally:?}");
}
