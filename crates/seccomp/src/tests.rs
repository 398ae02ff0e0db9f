//! What whole filters answer, asked of the interpreter and compared with a reading of the document call by call.

use corten_spec::runtime::capability::{self, Capability};
use corten_spec::runtime::{
    Seccomp, SeccompAction, SeccompArch, SeccompArg, SeccompFlag, SeccompOperator, SeccompSyscall,
};
use proptest::prelude::*;

use crate::interpreter::{Call, run};
use crate::syscall::Syscall;
use crate::{
    Arch, Circumstances, Flags, KernelVersion, Profile, Program, SeccompError, compile, syscall,
    unknown_syscalls,
};

const ALLOW: u32 = 0x7fff_0000;
const EPERM: u32 = 0x0005_0001;
const ENOSYS: u32 = 0x0005_0026;
const KILL_THREAD: u32 = 0;

fn resolved(capabilities: &[Capability], arch: Arch) -> Seccomp {
    let kernel = KernelVersion { major: 6, minor: 1 };
    Profile::docker_default().resolve(&Circumstances { capabilities, arch, kernel }).unwrap().unwrap()
}

fn default_program(capabilities: &[Capability], arch: Arch) -> Program {
    compile(&resolved(capabilities, arch), arch).unwrap()
}

fn ask(program: &Program, arch: Arch, name: &str, args: &[u64]) -> u32 {
    let number = syscall::number(name, arch).unwrap();
    let mut call = Call { number, audit: arch.audit(), ..Call::default() };
    call.args[..args.len()].copy_from_slice(args);
    run(&program.instructions, &call).0
}

/// What the document says of one call, read as its authors would: no tables, no ranges, no program.
fn naive(document: &Seccomp, native: Arch, arch: Arch, name: &str, args: [u64; 6]) -> u32 {
    let default = value(document.default_action, document.default_errno_ret);
    if arch != native && !document.architectures.contains(&arch.spec()) {
        return KILL_THREAD;
    }
    let lets_through =
        matches!(document.default_action, SeccompAction::Allow | SeccompAction::Log | SeccompAction::Trace);
    if !lets_through && is_beyond(document, arch, name) {
        return ENOSYS;
    }
    let rules = || document.syscalls.iter().filter(|rule| value(rule.action, rule.errno_ret) != default);
    let named = || rules().filter(|rule| rule.names.iter().any(|candidate| candidate == name));
    // Multiplexed calls are asked about by name, so only unconditional rules for their cases matter.
    let case = rules().find(|rule| {
        let reaches = |candidate: &String| {
            Syscall::find(candidate)
                .and_then(|call| call.multiplexed(arch))
                .is_some_and(|way| way.through == name && args[0] & way.mask == way.call)
        };
        rule.args.is_empty() && rule.names.iter().any(reaches)
    });
    let always = named().find(|rule| rule.args.is_empty());
    let conditional = named().find(|rule| matches(rule, arch, args));
    let first = [conditional, case].into_iter().flatten().min_by_key(|rule| {
        document.syscalls.iter().position(|candidate| std::ptr::eq(candidate, *rule)).unwrap()
    });
    match always.or(first) {
        Some(rule) => value(rule.action, rule.errno_ret),
        None => default,
    }
}

/// Whether a call's number is greater than all that the document names.
fn is_beyond(document: &Seccomp, arch: Arch, name: &str) -> bool {
    let grows = |number: &u32| arch.growing().contains(number);
    let names = document.syscalls.iter().flat_map(|rule| &rule.names);
    let greatest = names.filter_map(|name| syscall::number(name, arch)).filter(grows).max();
    let number = syscall::number(name, arch).filter(grows);
    greatest.is_some_and(|greatest| number.is_some_and(|number| number > greatest))
}

fn matches(rule: &SeccompSyscall, arch: Arch, args: [u64; 6]) -> bool {
    let holds = |arg: &SeccompArg| {
        let cut = |value: u64| if arch.is_wide() { value } else { value & 0xffff_ffff };
        let (actual, expected) = (cut(args[arg.index as usize]), cut(arg.value));
        match arg.op {
            SeccompOperator::Equal => actual == expected,
            SeccompOperator::NotEqual => actual != expected,
            SeccompOperator::LessThan => actual < expected,
            SeccompOperator::LessOrEqual => actual <= expected,
            SeccompOperator::GreaterThan => actual > expected,
            SeccompOperator::GreaterOrEqual => actual >= expected,
            SeccompOperator::MaskedEqual => actual & expected == cut(arg.value_two) & expected,
        }
    };
    let mut indexes: Vec<u32> = rule.args.iter().map(|arg| arg.index).collect();
    indexes.sort_unstable();
    indexes.dedup();
    if indexes.len() < rule.args.len() { rule.args.iter().any(holds) } else { rule.args.iter().all(holds) }
}

fn value(action: SeccompAction, errno: Option<u32>) -> u32 {
    match action {
        SeccompAction::Allow => ALLOW,
        SeccompAction::Errno => 0x0005_0000 | errno.unwrap_or(1),
        SeccompAction::Trace => 0x7ff0_0000 | errno.unwrap_or(1),
        SeccompAction::Log => 0x7ffc_0000,
        SeccompAction::Trap => 0x0003_0000,
        SeccompAction::KillProcess => 0x8000_0000,
        SeccompAction::Kill | SeccompAction::KillThread => KILL_THREAD,
        SeccompAction::Notify => unreachable!("not generated"),
    }
}

#[test]
fn default_profile_answers_every_call_of_every_architecture_as_the_document_says() {
    let odd = [0, u64::MAX, 1, 8, 38, 39, 40, 0x2_0008, 0x1000_0000, 0xffff_ffff, 0x1_0000_0026];
    for native in [Arch::X86_64, Arch::Aarch64] {
        for capabilities in [&[][..], &capability::DOCKER_DEFAULT, &capability::ALL] {
            let document = resolved(capabilities, native);
            let program = compile(&document, native).unwrap();
            for arch in native.family() {
                for (name, _) in syscall::all(*arch) {
                    let conditional = ["clone", "personality", "socket", "socketcall", "ipc"].contains(&name);
                    for first in odd.into_iter().take(if conditional { odd.len() } else { 2 }) {
                        let args = [first, 0, 0, 0, 0, 0];
                        let expected = naive(&document, native, *arch, name, args);
                        assert_eq!(
                            ask(&program, *arch, name, &args),
                            expected,
                            "{name}({first:#x}) on {arch:?}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn default_profile_answers_as_known_for_what_matters_most() {
    let program = default_program(&capability::DOCKER_DEFAULT, Arch::X86_64);
    for arch in [Arch::X86_64, Arch::X32, Arch::X86] {
        let answer = |name: &str, args: &[u64]| ask(&program, arch, name, args);
        assert_eq!(answer("read", &[]), ALLOW);
        assert_eq!(answer("chroot", &[]), ALLOW, "Docker's set has CAP_SYS_CHROOT");
        assert_eq!(answer("mount", &[]), EPERM);
        assert_eq!(answer("bpf", &[]), EPERM);
        assert_eq!(answer("clone3", &[]), ENOSYS, "so that libraries fall back to clone");
        assert_eq!(answer("clone", &[0x11]), ALLOW);
        assert_eq!(answer("clone", &[0x1000_0000]), EPERM, "CLONE_NEWUSER");
        assert_eq!(answer("socket", &[1]), ALLOW);
        assert_eq!(answer("socket", &[38]), EPERM, "AF_ALG");
        assert_eq!(answer("socket", &[40]), EPERM, "AF_VSOCK");
        assert_eq!(answer("personality", &[0xffff_ffff]), ALLOW);
        assert_eq!(answer("personality", &[0x4_0000]), EPERM, "ADDR_NO_RANDOMIZE");
    }
    let admin = default_program(&capability::ALL, Arch::X86_64);
    assert_eq!(ask(&admin, Arch::X86_64, "clone3", &[]), ALLOW);
    assert_eq!(ask(&admin, Arch::X86, "mount", &[]), ALLOW);
}

#[test]
fn default_profile_lets_old_kernels_be_without_ptrace() {
    let kernel = KernelVersion { major: 4, minor: 7 };
    let on = Circumstances { capabilities: &capability::DOCKER_DEFAULT, arch: Arch::X86_64, kernel };
    let document = Profile::docker_default().resolve(&on).unwrap().unwrap();
    let program = compile(&document, Arch::X86_64).unwrap();
    assert_eq!(ask(&program, Arch::X86_64, "ptrace", &[]), EPERM);
    assert_eq!(ask(&default_program(&[], Arch::X86_64), Arch::X86_64, "ptrace", &[]), ALLOW);
}

#[test]
fn default_profile_stays_small_and_shallow() {
    let program = default_program(&capability::DOCKER_DEFAULT, Arch::X86_64);
    assert!(program.instructions.len() <= 340, "{}", program.instructions.len());
    let mut document = resolved(&capability::DOCKER_DEFAULT, Arch::X86_64);
    document.architectures.retain(|arch| *arch != SeccompArch::X32);
    let without_x32 = compile(&document, Arch::X86_64).unwrap();
    assert!(without_x32.instructions.len() <= 240, "{}", without_x32.instructions.len());
    for (name, number) in syscall::all(Arch::X86_64) {
        let call = Call { number, audit: Arch::X86_64.audit(), ..Call::default() };
        let (_, steps) = run(&program.instructions, &call);
        assert!(steps <= 32, "{name} takes {steps} instructions");
    }
}

#[test]
fn default_profile_names_no_call_that_nobody_knows_but_those_of_other_architectures() {
    let document = resolved(&capability::ALL, Arch::X86_64);
    assert_eq!(unknown_syscalls(&document), ["riscv_hwprobe"]);
}

#[test]
fn architectures_that_are_not_named_end_the_thread() {
    let document = Seccomp { architectures: Vec::new(), ..resolved(&[], Arch::X86_64) };
    let program = compile(&document, Arch::X86_64).unwrap();
    assert_eq!(ask(&program, Arch::X86_64, "read", &[]), ALLOW);
    assert_eq!(ask(&program, Arch::X86, "read", &[]), KILL_THREAD);
    assert_eq!(ask(&program, Arch::X32, "read", &[]), KILL_THREAD);
    let skipped = Call { number: u32::MAX, audit: Arch::X86_64.audit(), ..Call::default() };
    assert_eq!(run(&program.instructions, &skipped).0, EPERM, "-1 is no x32 call");
    let foreign = Call { number: 0, audit: Arch::Aarch64.audit(), ..Call::default() };
    assert_eq!(run(&program.instructions, &foreign).0, KILL_THREAD);
}

fn rule(names: &[&str], action: SeccompAction, args: Vec<SeccompArg>) -> SeccompSyscall {
    SeccompSyscall {
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        action,
        errno_ret: None,
        args,
    }
}

fn document(default_action: SeccompAction, syscalls: Vec<SeccompSyscall>) -> Seccomp {
    Seccomp {
        default_action,
        default_errno_ret: None,
        architectures: vec![SeccompArch::X86, SeccompArch::X32],
        flags: Vec::new(),
        listener_path: String::new(),
        listener_metadata: String::new(),
        syscalls,
    }
}

fn equal(index: u32, value: u64) -> SeccompArg {
    SeccompArg { index, value, value_two: 0, op: SeccompOperator::Equal }
}

#[test]
fn denying_a_socket_call_also_denies_its_way_through_the_multiplexer() {
    let denied =
        document(SeccompAction::Allow, vec![rule(&["bind", "shmget"], SeccompAction::Errno, vec![])]);
    let program = compile(&denied, Arch::X86_64).unwrap();
    assert_eq!(ask(&program, Arch::X86, "bind", &[]), EPERM);
    assert_eq!(ask(&program, Arch::X86, "socketcall", &[2]), EPERM);
    assert_eq!(ask(&program, Arch::X86, "socketcall", &[1]), ALLOW);
    assert_eq!(
        ask(&program, Arch::X86, "ipc", &[0x1_0017]),
        EPERM,
        "the version in the upper half does not count"
    );
}

#[test]
fn numbers_beyond_the_profile_answer_enosys_only_where_the_default_forbids() {
    let young = Call { number: 600, audit: Arch::X86_64.audit(), ..Call::default() };
    let answer = |action| {
        let document = document(action, vec![rule(&["read"], SeccompAction::Trap, vec![])]);
        run(&compile(&document, Arch::X86_64).unwrap().instructions, &young).0
    };
    assert_eq!(answer(SeccompAction::Errno), ENOSYS);
    assert_eq!(answer(SeccompAction::KillProcess), ENOSYS);
    assert_eq!(answer(SeccompAction::Allow), ALLOW);
    assert_eq!(answer(SeccompAction::Trace), 0x7ff0_0001);
}

#[test]
fn upper_halves_left_behind_by_a_64_bit_program_do_not_confuse_the_i386_half() {
    let only =
        document(SeccompAction::Errno, vec![rule(&["personality"], SeccompAction::Allow, vec![equal(0, 8)])]);
    let program = compile(&only, Arch::X86_64).unwrap();
    assert_eq!(ask(&program, Arch::X86, "personality", &[0xdead_beef_0000_0008]), ALLOW);
    assert_eq!(ask(&program, Arch::X86_64, "personality", &[0xdead_beef_0000_0008]), EPERM);
}

#[test]
fn a_program_that_is_too_long_is_refused_and_a_long_one_jumps_far() {
    let rules =
        |count: u64| (0..count).map(|value| rule(&["ioctl"], SeccompAction::Allow, vec![equal(1, value)]));
    let far = document(SeccompAction::Errno, rules(400).collect());
    let program = compile(&far, Arch::X86_64).unwrap();
    assert!(program.instructions.len() > 1000);
    for (value, expected) in [(0, ALLOW), (399, ALLOW), (400, EPERM)] {
        for arch in [Arch::X86_64, Arch::X32, Arch::X86] {
            assert_eq!(ask(&program, arch, "ioctl", &[0, value]), expected);
        }
    }
    let too_far = document(SeccompAction::Errno, rules(1000).collect());
    assert!(matches!(compile(&too_far, Arch::X86_64), Err(SeccompError::TooLong { instructions: 4097.. })));
}

#[test]
fn what_cannot_be_done_is_refused() {
    let refused = |document: &Seccomp| compile(document, Arch::X86_64).unwrap_err().to_string();
    let sixth =
        document(SeccompAction::Errno, vec![rule(&["read"], SeccompAction::Allow, vec![equal(6, 0)])]);
    assert_eq!(refused(&sixth), "seccomp rule for `read` asks for argument 6; a system call has 0 to 5");
    let notify = document(SeccompAction::Errno, vec![rule(&["read"], SeccompAction::Notify, vec![])]);
    assert_eq!(refused(&notify), "seccomp profile asks for `SCMP_ACT_NOTIFY`: listeners are not supported");
    let errno = Seccomp { default_errno_ret: Some(4096), ..document(SeccompAction::Errno, vec![]) };
    assert_eq!(refused(&errno), "seccomp error number 4096 is greater than 4095");
}

#[test]
fn programs_come_back_from_bytes_as_they_were() {
    let logged = Seccomp { flags: vec![SeccompFlag::Log], ..resolved(&[], Arch::X86_64) };
    let program = compile(&logged, Arch::X86_64).unwrap();
    assert_eq!(program.flags, Flags::LOG);
    let bytes = program.to_bytes();
    assert_eq!(Program::from_bytes(&bytes).unwrap(), program);
    for damaged in [&[][..], &bytes[..4], &bytes[..bytes.len() - 1]] {
        assert!(matches!(Program::from_bytes(damaged), Err(SeccompError::Damaged { .. })));
    }
}

/// Names of calls with numbers all over the table, some of them only on some architectures.
const NAMES: [&str; 12] = [
    "read",
    "write",
    "close",
    "ioctl",
    "clone",
    "clone3",
    "socket",
    "socketcall",
    "shmget",
    "ipc",
    "uselib",
    "mseal",
];

fn actions() -> impl Strategy<Value = SeccompAction> {
    prop::sample::select(vec![
        SeccompAction::Allow,
        SeccompAction::Errno,
        SeccompAction::Trap,
        SeccompAction::Log,
        SeccompAction::KillProcess,
        SeccompAction::Trace,
    ])
}

fn words() -> impl Strategy<Value = u64> {
    prop_oneof![
        0..4u64,
        Just(0xffff_ffff),
        Just(0x1_0000_0000),
        Just(0x1_0000_0002),
        Just(u64::MAX),
        any::<u64>()
    ]
}

fn arguments() -> impl Strategy<Value = SeccompArg> {
    let operators = prop::sample::select(vec![
        SeccompOperator::Equal,
        SeccompOperator::NotEqual,
        SeccompOperator::LessThan,
        SeccompOperator::LessOrEqual,
        SeccompOperator::GreaterThan,
        SeccompOperator::GreaterOrEqual,
        SeccompOperator::MaskedEqual,
    ]);
    (0..3u32, words(), words(), operators).prop_map(|(index, value, value_two, op)| SeccompArg {
        index,
        value,
        value_two,
        op,
    })
}

fn rules() -> impl Strategy<Value = SeccompSyscall> {
    let names = prop::collection::vec(prop::sample::select(NAMES.to_vec()), 1..4);
    let errno = prop::option::of(1..50u32);
    (names, actions(), errno, prop::collection::vec(arguments(), 0..4)).prop_map(
        |(names, action, errno_ret, args)| SeccompSyscall { errno_ret, ..rule(&names, action, args) },
    )
}

proptest! {
    #[test]
    fn any_filter_answers_as_its_document_says(
        default in actions(),
        syscalls in prop::collection::vec(rules(), 0..12),
        calls in prop::collection::vec((prop::sample::select(NAMES.to_vec()), prop::array::uniform3(words())), 40),
    ) {
        let document = document(default, syscalls);
        let program = compile(&document, Arch::X86_64).unwrap();
        for (name, [first, second, third]) in calls {
            let args = [first, second, third, 0, 0, 0];
            for arch in [Arch::X86_64, Arch::X32, Arch::X86] {
                if syscall::number(name, arch).is_some() {
                    let expected = naive(&document, Arch::X86_64, arch, name, args);
                    prop_assert_eq!(ask(&program, arch, name, &args), expected, "{} on {:?} {:x?}", name, arch, args);
                }
            }
        }
    }

    #[test]
    fn any_text_is_a_profile_or_an_error(text in ".*") {
        let _ = Profile::parse(text.as_bytes());
    }
}
