//! Bytes go in and come out whole, and nothing is lost when a container ends at once.

use std::thread;

use crate::setup;

#[test]
fn sixty_four_mebibytes_come_back_as_they_went() {
    let Some(corten) = setup::busybox() else { return };
    // Not a repeating block: a lost or doubled piece shows.
    let input: Vec<u8> =
        (0_u32..16 << 20).flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let arguments = ["run", "--rm", "--interactive", "busybox", "cat"];
    let output = corten.run_with_input(&arguments, &input).success();
    assert!(output.stdout_bytes == input, "{} of {} bytes came back", output.stdout_bytes.len(), input.len());
}

#[test]
fn standard_error_stays_apart() {
    let Some(corten) = setup::busybox() else { return };
    let outcome = corten.run(&["run", "--rm", "busybox", "sh", "-c", "echo out; echo err >&2"]).success();
    assert_eq!((outcome.stdout().as_str(), outcome.stderr().as_str()), ("out\n", "err\n"));
}

#[test]
fn fifty_containers_that_print_a_line_and_leave_lose_none() {
    let Some(corten) = setup::busybox() else { return };
    let run = |number: usize| {
        let line = format!("line {number}");
        let outcome = corten.run(&["run", "--rm", "busybox", "echo", &line]).success();
        assert_eq!(outcome.stdout(), format!("{line}\n"));
    };
    thread::scope(|scope| {
        for worker in 0..5 {
            scope.spawn(move || (worker * 10..worker * 10 + 10).for_each(run));
        }
    });
}
