//! Device rules as a program for cgroup v2, which has no files for them. Pure.
//!
//! The program sees `struct bpf_cgroup_dev_ctx` (`linux/bpf.h`): kind in the lower and access in the upper half of the first
//! word, then major and minor number. It returns 1 to allow.

use corten_sys::bpf::Instruction;

use crate::devices::policy::{Access, Kind, Policy, Which};

/// Registers: the context that the kernel passes, the result, and what is loaded once.
const RESULT: u8 = 0;
const CONTEXT: u8 = 1;
const KIND: u8 = 2;
const ACCESS: u8 = 3;
const MAJOR: u8 = 4;
const MINOR: u8 = 5;
/// Free, since the context is not needed any more.
const SCRATCH: u8 = 1;

/// `BPF_LDX | BPF_MEM | BPF_W`
const LOAD: u8 = 0x61;
/// `BPF_ALU | BPF_AND | BPF_K`
const AND: u8 = 0x54;
/// `BPF_ALU | BPF_RSH | BPF_K`
const SHIFT_RIGHT: u8 = 0x74;
/// `BPF_ALU | BPF_MOV | BPF_X`
const MOVE: u8 = 0xbc;
/// `BPF_ALU64 | BPF_MOV | BPF_K`
const SET: u8 = 0xb7;
/// `BPF_JMP32 | BPF_JNE | BPF_K`: device numbers have all 32 bits, and the 64-bit comparison would extend the sign.
const UNLESS_EQUAL: u8 = 0x56;
/// `BPF_JMP32 | BPF_JNE | BPF_X`
const UNLESS_SAME: u8 = 0x5e;
/// `BPF_JMP | BPF_EXIT`
const EXIT: u8 = 0x95;

const BLOCK: u32 = 1;
const CHAR: u32 = 2;

/// The program that enforces `policy`.
pub(crate) fn assemble(policy: &Policy) -> Vec<Instruction> {
    let mut program = vec![
        load(KIND, 0),
        immediate(AND, KIND, 0xffff),
        load(ACCESS, 0),
        immediate(SHIFT_RIGHT, ACCESS, 16),
        load(MAJOR, 4),
        load(MINOR, 8),
    ];
    for (which, access) in &policy.exceptions {
        program.extend(exception(*which, *access, policy.allow));
    }
    program.extend(answer(policy.allow));
    program
}

/// Answers to the contrary of the default if a request is for these devices and this access; else goes on.
///
/// A request may ask for several accesses at once. An allowing exception has to cover all of them; of a denying one a single
/// bit suffices.
fn exception(which: Which, access: Access, allowed_by_default: bool) -> Vec<Instruction> {
    let kind = match which.kind {
        Kind::Block => BLOCK,
        Kind::Char => CHAR,
    };
    let mut tests = vec![immediate(UNLESS_EQUAL, KIND, kind)];
    if let Some(major) = which.major {
        tests.push(immediate(UNLESS_EQUAL, MAJOR, major));
    }
    if let Some(minor) = which.minor {
        tests.push(immediate(UNLESS_EQUAL, MINOR, minor));
    }
    if access != Access::ALL {
        tests.push(register(MOVE, SCRATCH, ACCESS));
        tests.push(immediate(AND, SCRATCH, u32::from(access.0)));
        if allowed_by_default {
            // Nothing of it asked for: skip. `jne 0` over the jump out, since the tests below all leave on inequality.
            tests.push(Instruction { offset: 1, ..immediate(UNLESS_EQUAL, SCRATCH, 0) });
            tests.push(Instruction { code: JUMP, registers: 0, offset: 0, immediate: 0 });
        } else {
            tests.push(register(UNLESS_SAME, SCRATCH, ACCESS));
        }
    }
    tests.extend(answer(!allowed_by_default));
    close(tests)
}

/// `BPF_JMP | BPF_JA`
const JUMP: u8 = 0x05;

/// Points the jumps out of an exception, which have no offset yet, behind its end.
fn close(mut tests: Vec<Instruction>) -> Vec<Instruction> {
    let length = tests.len();
    for (place, test) in tests.iter_mut().enumerate() {
        if matches!(test.code, UNLESS_EQUAL | UNLESS_SAME | JUMP) && test.offset == 0 {
            // An exception has at most ten instructions.
            test.offset = i16::try_from(length - place - 1).unwrap_or(i16::MAX);
        }
    }
    tests
}

fn answer(allow: bool) -> [Instruction; 2] {
    [
        immediate(SET, RESULT, u32::from(allow)),
        Instruction { code: EXIT, registers: 0, offset: 0, immediate: 0 },
    ]
}

fn load(to: u8, offset: i16) -> Instruction {
    Instruction { code: LOAD, registers: CONTEXT << 4 | to, offset, immediate: 0 }
}

fn immediate(code: u8, register: u8, value: u32) -> Instruction {
    Instruction { code, registers: register, offset: 0, immediate: value.cast_signed() }
}

fn register(code: u8, to: u8, from: u8) -> Instruction {
    Instruction { code, registers: from << 4 | to, offset: 0, immediate: 0 }
}
