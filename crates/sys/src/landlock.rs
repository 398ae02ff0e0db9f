//! Keeping what a thread changes in file systems below a few places, for ever (landlock(7), Linux 5.13).
//!
//! It restricts no reading and no executing, and nothing that is open already.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

use rustix::fs::{FileType, fstat};

use crate::call::{checked, owned};

/// The beginning of `struct landlock_ruleset_attr` that every version knows.
#[repr(C)]
struct Ruleset {
    handled: u64,
}

/// `struct landlock_path_beneath_attr`.
#[repr(C, packed)]
struct Beneath {
    allowed: u64,
    place: i32,
}

const WRITE_FILE: u64 = 1 << 1;
/// Removing and making, of every kind: bits 4 to 12 of `LANDLOCK_ACCESS_FS_*`.
const REMOVE_AND_MAKE: u64 = 0x1ff0;
const TRUNCATE: u64 = 1 << 14;

/// The version that brought [`TRUNCATE`].
const KNOWS_TRUNCATE: libc::c_long = 3;

const CREATE_RULESET_VERSION: u32 = 1;
const RULE_PATH_BENEATH: u32 = 1;

/// From now on this thread writes, truncates, makes and removes only below `places` (files are places too); moving from one directory to
/// another is over. `false` where the kernel cannot do that. The thread must have set `no_new_privs`, or have `CAP_SYS_ADMIN`.
///
/// # Errors
/// What landlock_create_ruleset(2), landlock_add_rule(2) and landlock_restrict_self(2) say.
pub fn change_only_below(places: &[BorrowedFd<'_>]) -> io::Result<bool> {
    let Some(version) = version() else { return Ok(false) };
    let truncate = if version >= KNOWS_TRUNCATE { TRUNCATE } else { 0 };
    let handled = WRITE_FILE | REMOVE_AND_MAKE | truncate;
    let attributes = Ruleset { handled };
    // SAFETY: the kernel reads `size_of::<Ruleset>()` bytes of attributes, which live across the call.
    let created = unsafe {
        libc::syscall(libc::SYS_landlock_create_ruleset, &raw const attributes, size_of::<Ruleset>(), 0_u32)
    };
    let ruleset = checked(created).map(owned)?;
    for place in places {
        let is_directory = FileType::from_raw_mode(fstat(place)?.st_mode) == FileType::Directory;
        let allowed = if is_directory { handled } else { handled & (WRITE_FILE | TRUNCATE) };
        let rule = Beneath { allowed, place: place.as_raw_fd() };
        // SAFETY: the kernel reads one `landlock_path_beneath_attr`, which is packed as `Beneath` is and lives across the call; both
        // descriptors are open.
        let added = unsafe {
            libc::syscall(
                libc::SYS_landlock_add_rule,
                ruleset.as_raw_fd(),
                RULE_PATH_BENEATH,
                &raw const rule,
                0_u32,
            )
        };
        checked(added)?;
    }
    // SAFETY: two integers; the descriptor is open.
    let restricted = unsafe { libc::syscall(libc::SYS_landlock_restrict_self, ruleset.as_raw_fd(), 0_u32) };
    checked(restricted).map(|_| true)
}

/// `None` where it was not built in, or was switched off, or somebody's filter of system calls does not know it.
fn version() -> Option<libc::c_long> {
    // SAFETY: asked for its version, the call reads no memory.
    let version = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            ptr::null::<Ruleset>(),
            0_usize,
            CREATE_RULESET_VERSION,
        )
    };
    checked(version).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, File};
    use std::os::fd::AsFd as _;

    #[test]
    fn what_lies_elsewhere_stays_as_it_is() {
        let (inside, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (inside, outside) = (inside.path().to_owned(), outside.path().join("file"));
        fs::write(&outside, "kept").unwrap();
        let place = File::open(&inside).unwrap();
        let kept = outside.clone();
        // A thread's own; nothing else here is restricted.
        let restricted = std::thread::spawn(move || {
            rustix::thread::set_no_new_privs(true).unwrap();
            change_only_below(&[place.as_fd()]).unwrap().then(|| {
                fs::write(inside.join("file"), "made").unwrap();
                fs::remove_file(inside.join("file")).unwrap();
                assert_eq!(fs::read(&outside).unwrap(), b"kept");
                [fs::write(&outside, "lost"), fs::remove_file(&outside)].map(|done| done.unwrap_err().kind())
            })
        });
        match restricted.join().unwrap() {
            Some(refused) => assert_eq!(refused, [io::ErrorKind::PermissionDenied; 2]),
            None => println!("skipped: this kernel has no Landlock"),
        }
        assert_eq!(fs::read(&kept).unwrap_or_default(), b"kept");
    }
}
