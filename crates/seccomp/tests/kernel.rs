//! The compiled default profile in the kernel itself, through all three doors of x86-64.
//!
//! A filter holds for the thread that loads it and what that thread starts, so a thread of the test is enough. What the
//! kernel answers is asked by tiny programs that make one system call and exit with its error number.

#![allow(clippy::unwrap_used)]
#![cfg(target_arch = "x86_64")]

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use corten_seccomp::{Arch, Circumstances, KernelVersion, Profile, compile, syscall};
use corten_spec::runtime::capability;

/// A static ELF that makes the call `number` with one argument and exits with the negated result, cut to 8 bits.
fn program(arch: Arch, number: u32, argument: u32) -> Vec<u8> {
    let mut code = vec![0xb8]; // mov eax, number
    code.extend(number.to_le_bytes());
    code.push(if arch == Arch::X86 { 0xbb } else { 0xbf }); // mov ebx (i386) or edi, argument
    code.extend(argument.to_le_bytes());
    code.extend(if arch == Arch::X86 { [0xcd, 0x80] } else { [0x0f, 0x05] }); // int 0x80 or syscall
    code.extend([0xf7, 0xd8, 0x89, 0xc7]); // neg eax; mov edi, eax
    code.extend([0xb8, 60, 0, 0, 0, 0x0f, 0x05]); // exit
    elf(&code)
}

/// Wraps code into an executable of one segment (elf(5)).
fn elf(code: &[u8]) -> Vec<u8> {
    const BASE: u64 = 0x40_0000;
    const HEADERS: u64 = 64 + 56;
    let mut file = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut half = |values: &[u16]| values.iter().for_each(|value| file.extend(value.to_le_bytes()));
    half(&[2, 62, 1, 0]); // executable, x86-64, version
    let mut long = |values: &[u64]| values.iter().for_each(|value| file.extend(value.to_le_bytes()));
    long(&[BASE + HEADERS, 64, 0]); // entry, program headers, no sections
    file.extend([0; 4]);
    let mut half = |values: &[u16]| values.iter().for_each(|value| file.extend(value.to_le_bytes()));
    half(&[64, 56, 1, 0, 0, 0]);
    half(&[1, 0, 5, 0]); // loadable, read and execute
    let size = HEADERS + code.len() as u64;
    let mut long = |values: &[u64]| values.iter().for_each(|value| file.extend(value.to_le_bytes()));
    long(&[0, BASE, BASE, size, size, 0x1000]);
    file.extend(code);
    file
}

struct Question {
    arch: Arch,
    name: &'static str,
    argument: u32,
    errno: i32,
    program: PathBuf,
}

fn ask(arch: Arch, name: &'static str, argument: u32, errno: i32, directory: &Path) -> Question {
    let number = syscall::number(name, arch).unwrap();
    let path = directory.join(format!("{arch:?}-{name}-{argument}"));
    let mut file = std::fs::File::create(&path).unwrap();
    file.write_all(&program(arch, number, argument)).unwrap();
    file.set_permissions(std::fs::Permissions::from_mode(0o755)).unwrap();
    Question { arch, name, argument, errno, program: path }
}

/// Filters this thread, and what it starts, for ever.
fn load_default_profile() {
    let on = Circumstances {
        capabilities: &capability::DOCKER_DEFAULT,
        arch: Arch::HOST,
        kernel: KernelVersion { major: 6, minor: 1 },
    };
    let document = Profile::docker_default().resolve(&on).unwrap().unwrap();
    let program = compile(&document, Arch::HOST).unwrap();
    let instructions: Vec<corten_sys::seccomp::Instruction> = program
        .instructions
        .iter()
        .map(|i| corten_sys::seccomp::Instruction { code: i.code, jt: i.jt, jf: i.jf, k: i.k })
        .collect();
    rustix::thread::set_no_new_privs(true).unwrap();
    corten_sys::seccomp::load(&instructions, program.flags.bits()).unwrap();
}

#[test]
fn the_kernel_answers_as_the_default_profile_says() {
    let directory = tempfile::tempdir().unwrap();
    let mut questions = Vec::new();
    for arch in [Arch::X86_64, Arch::X86, Arch::X32] {
        for (name, argument, errno) in [
            ("mount", 0, libc::EPERM),
            ("bpf", 0, libc::EPERM),
            ("clone3", 0, libc::ENOSYS),
            ("clone", 0x1000_0000, libc::EPERM),
            ("socket", 38, libc::EPERM),
            ("personality", 0x4_0000, libc::EPERM),
        ] {
            questions.push(ask(arch, name, argument, errno, directory.path()));
        }
    }
    for arch in [Arch::X86_64, Arch::X86] {
        questions.push(ask(arch, "personality", 0xffff_ffff, 0, directory.path()));
        questions.push(ask(arch, "close", 0xffff_ffff, libc::EBADF, directory.path()));
    }
    std::thread::spawn(move || {
        load_default_profile();
        for question in questions {
            let Question { arch, name, argument, errno, program } = question;
            let status = Command::new(program).status().unwrap();
            assert_eq!(status.code(), Some(errno), "{name}({argument:#x}) on {arch:?}: {status}");
        }
    })
    .join()
    .unwrap();
}
