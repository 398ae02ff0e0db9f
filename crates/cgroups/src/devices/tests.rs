//! Rules to lines and to a program, and what the program answers.

use corten_spec::runtime::{DeviceKind, DeviceRule};
use corten_sys::bpf::Instruction;
use expect_test::{Expect, expect};

use super::{legacy, policy::Policy, program};

fn rule(
    allow: bool,
    kind: Option<DeviceKind>,
    major: Option<i64>,
    minor: Option<i64>,
    access: &str,
) -> DeviceRule {
    DeviceRule { allow, kind, major, minor, access: access.to_owned() }
}

fn deny_all() -> DeviceRule {
    rule(false, None, None, None, "rwm")
}

const CHAR: Option<DeviceKind> = Some(DeviceKind::Char);
const BLOCK: Option<DeviceKind> = Some(DeviceKind::Block);

/// What Docker starts from, in short.
fn docker() -> Vec<DeviceRule> {
    vec![
        deny_all(),
        rule(true, CHAR, None, None, "m"),
        rule(true, CHAR, Some(1), Some(3), "rwm"),
        rule(true, CHAR, Some(136), Some(-1), ""),
        rule(true, BLOCK, Some(8), Some(0), "r"),
    ]
}

fn check_lines(rules: &[DeviceRule], expected: &Expect) {
    let lines = match Policy::of(rules) {
        Ok(policy) => {
            legacy::plan(&policy).iter().map(|write| format!("{} {}\n", write.file, write.value)).collect()
        }
        Err(error) => format!("{error}\n"),
    };
    expected.assert_eq(&lines);
}

#[test]
fn an_allow_list_is_denied_first_then_allowed() {
    check_lines(
        &docker(),
        &expect![[r#"
            devices.deny a
            devices.allow b 8:0 r
            devices.allow c *:* m
            devices.allow c 1:3 rwm
            devices.allow c 136:* rwm
        "#]],
    );
}

#[test]
fn a_cgroup_without_restrictions_is_left_alone() {
    check_lines(&[], &expect![""]);
    check_lines(&[deny_all(), rule(true, Some(DeviceKind::All), None, None, "")], &expect![""]);
}

#[test]
fn later_rules_change_what_earlier_ones_said() {
    check_lines(
        &[
            deny_all(),
            rule(true, CHAR, Some(1), Some(3), "rw"),
            rule(true, CHAR, Some(1), Some(3), "m"),
            rule(true, CHAR, Some(1), Some(5), "rwm"),
            rule(false, CHAR, Some(1), Some(5), "w"),
            rule(true, BLOCK, Some(8), Some(1), "r"),
            rule(false, BLOCK, Some(8), None, "rwm"),
        ],
        &expect![[r#"
            devices.deny a
            devices.allow c 1:3 rwm
            devices.allow c 1:5 rm
        "#]],
    );
    check_lines(
        &[rule(false, BLOCK, Some(8), Some(0), "w")],
        &expect![[r#"
            devices.allow a
            devices.deny b 8:0 w
        "#]],
    );
}

#[test]
fn what_cannot_be_obeyed_is_refused() {
    let hole = [deny_all(), rule(true, CHAR, Some(1), None, "rw"), rule(false, CHAR, Some(1), Some(3), "r")];
    check_lines(
        &hole,
        &expect![[r#"
        device rule `c 1:3 r` would cut a hole into `c 1:* rw`
    "#]],
    );
    check_lines(
        &[rule(true, None, Some(1), None, "")],
        &expect![[r#"
        a device rule for all kinds cannot name numbers
    "#]],
    );
    check_lines(
        &[rule(true, CHAR, Some(-2), None, "")],
        &expect![[r#"
        invalid device number -2
    "#]],
    );
    check_lines(
        &[rule(true, CHAR, Some(1), None, "rx")],
        &expect![[r#"
        invalid device access `rx`
    "#]],
    );
    check_lines(
        &[rule(true, Some(DeviceKind::Fifo), None, None, "")],
        &expect![[r#"
        a device rule cannot name a FIFO
    "#]],
    );
}

/// Runs a device program as the kernel would.
fn run(program: &[Instruction], kind: u32, access: u32, major: u32, minor: u32) -> bool {
    let context = [access << 16 | kind, major, minor];
    let mut registers = [0u64; 11];
    let mut at = 0usize;
    loop {
        let Instruction { code, registers: pair, offset, immediate } = program[at];
        let (to, from) = (usize::from(pair & 15), usize::from(pair >> 4));
        let value = immediate.cast_unsigned();
        at += 1;
        let jump = |at: usize| at.checked_add_signed(offset.into()).unwrap();
        match code {
            0x61 => registers[to] = context[usize::try_from(offset).unwrap() / 4].into(),
            0x54 => registers[to] = (registers[to] as u32 & value).into(),
            0x74 => registers[to] = (registers[to] as u32 >> value).into(),
            0xbc => registers[to] = (registers[from] as u32).into(),
            0xb7 => registers[to] = i64::from(immediate).cast_unsigned(),
            0x56 if registers[to] as u32 != value => at = jump(at),
            0x5e if registers[to] as u32 != registers[from] as u32 => at = jump(at),
            0x56 | 0x5e => {}
            0x05 => at = jump(at),
            0x95 => return registers[0] == 1,
            other => panic!("opcode {other:#x}"),
        }
    }
}

const READ: u32 = 2;
const WRITE: u32 = 4;
const MKNOD: u32 = 1;

#[test]
fn program_of_an_allow_list_lets_nothing_else_through() {
    let program = program::assemble(&Policy::of(&docker()).unwrap());
    let (block, char) = (1, 2);
    assert!(run(&program, char, READ | WRITE, 1, 3));
    assert!(run(&program, char, MKNOD, 77, 77), "any character device may be made");
    assert!(!run(&program, char, MKNOD | READ, 77, 77), "but not read");
    assert!(run(&program, char, READ | WRITE | MKNOD, 136, 4242));
    assert!(run(&program, block, READ, 8, 0));
    assert!(!run(&program, block, READ | WRITE, 8, 0), "no exception covers both");
    assert!(!run(&program, block, MKNOD, 8, 0));
    assert!(!run(&program, block, READ, 8, 1));
}

#[test]
fn program_of_a_deny_list_refuses_what_contains_a_denied_access() {
    let rules = [rule(false, BLOCK, Some(8), Some(0), "w"), rule(false, CHAR, Some(0xffff_ffff), None, "")];
    let program = program::assemble(&Policy::of(&rules).unwrap());
    assert!(run(&program, 1, READ, 8, 0));
    assert!(!run(&program, 1, WRITE, 8, 0));
    assert!(!run(&program, 1, READ | WRITE, 8, 0));
    assert!(run(&program, 1, WRITE, 8, 1));
    assert!(!run(&program, 2, READ, 0xffff_ffff, 9));
    assert!(run(&program, 2, READ, 0x7fff_ffff, 9));
}
