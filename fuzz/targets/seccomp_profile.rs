//! Profiles of system calls, to the program that the kernel would get.
#![no_main]

use corten_seccomp::{Arch, Circumstances, KernelVersion, Profile, Program, compile};
use libfuzzer_sys::fuzz_target;

/// The kernel takes no longer program (`BPF_MAXINSNS`).
const LONGEST: usize = 4096;

fuzz_target!(|bytes: &[u8]| {
    let Ok(profile) = Profile::parse(bytes) else { return };
    let kernel = KernelVersion { major: 6, minor: 18 };
    let circumstances = Circumstances { capabilities: &[], arch: Arch::X86_64, kernel };
    let Ok(Some(document)) = profile.resolve(&circumstances) else { return };
    let Ok(program) = compile(&document, Arch::X86_64) else { return };
    let stored = program.to_bytes();
    assert!(stored.len() / 8 <= LONGEST + 2, "{} bytes", stored.len());
    assert_eq!(Program::from_bytes(&stored).expect("a program that was stored").to_bytes(), stored);
});
