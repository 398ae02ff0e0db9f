//! Our own programs, where a container can see them.

use std::fs;
use std::path::PathBuf;

use corten_image_archive::{Config, Entry};
use corten_testkit::Corten;

use super::{config, hostile};
use crate::setup;

fn small_program(corten: &Corten) -> PathBuf {
    let mut programs = fs::read_dir(corten.root().state().join("bin")).expect("a working machine");
    programs.next().expect("a working machine").expect("a working machine").path()
}

/// CVE-2019-5736: the reaping init of a container is our own program, and every monitor's.
#[test]
fn a_container_does_not_write_to_our_program() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["ps"]).success();
    let program = small_program(&corten);
    let before = fs::read(&program).unwrap();
    // Open for reading is no harm; what is opened again by that can be written to once nobody runs it, unless the mount forbids it.
    let script = "exec 3</proc/1/exe; for path in /proc/1/exe /proc/self/fd/3; do (echo x >$path) 2>&1; done; \
                  chmod 777 /proc/1/exe 2>&1; true";
    for options in [&["--init"][..], &["--init", "--privileged"]] {
        let arguments = [&["run", "--rm"], options, &["busybox", "sh", "-c", script]].concat();
        let told = corten.run(&arguments).success().stdout();
        assert_eq!(told.matches("Read-only file system").count(), 3, "{told}");
    }
    assert!(fs::read(&program).unwrap() == before, "the program was changed");
}

/// CVE-2019-14271: libraries of the image, loaded by a program of ours that is in there with rights of its own.
#[test]
fn our_programs_load_nothing() {
    let environment =
        ["LD_PRELOAD=/evil.so", "LD_LIBRARY_PATH=/evil", "LD_AUDIT=/evil.so"].map(str::to_owned).to_vec();
    let entries = [
        Entry::file("evil.so", "no library"),
        Entry::file("etc/ld.so.preload", "/evil.so\n"),
        Entry::file("etc/nsswitch.conf", "passwd: evil\ngroup: evil\n"),
    ];
    let Some(corten) = hostile(&entries, Config { environment, ..config() }) else { return };
    // A loader would say that it cannot preload it.
    let ran = corten.run(&["run", "--rm", "--init", "--user", "daemon", "hostile", "id", "-un"]).success();
    assert_eq!((ran.stdout().as_str(), ran.stderr().as_str()), ("daemon\n", ""));
    for program in [small_program(&corten), env!("CARGO_BIN_EXE_corten").into()] {
        assert!(!asks_for_a_loader(&fs::read(&program).unwrap()), "{} is not static", program.display());
    }
}

/// Whether a 64-bit ELF file names an interpreter: elf(5), `PT_INTERP`.
fn asks_for_a_loader(file: &[u8]) -> bool {
    const INTERPRETER: u32 = 3;
    let number = |at: usize, length: usize| {
        file[at..at + length].iter().rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
    };
    let (start, size, count) = (number(32, 8) as usize, number(54, 2) as usize, number(56, 2) as usize);
    (0..count).any(|header| number(start + header * size, 4) as u32 == INTERPRETER)
}
