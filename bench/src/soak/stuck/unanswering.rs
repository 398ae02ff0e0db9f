//! A FUSE file system that can be mounted and never says what is in it: whoever looks below it is stuck, and cannot be killed.
//!
//! The protocol is that of linux/fuse.h. A request that was read and not answered keeps its caller in the kernel until the connection
//! is cut.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use rustix::io::Errno;
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

const LOOKUP: u32 = 1;
const FORGET: u32 = 2;
const GETATTR: u32 = 3;
const INTERRUPT: u32 = 36;
const INIT: u32 = 26;

/// The version of the protocol that is spoken; kernels speak older ones, too.
const VERSION: (u32, u32) = (7, 31);

/// Bytes of a request, at least the kernel's minimum of 8 KiB.
const BUFFER: usize = 64 * 1024;

/// More than the least a kernel takes.
const MAX_WRITE: u32 = 4096;

/// Bytes of `struct fuse_in_header`, `fuse_init_out` and `fuse_attr_out`.
const REQUEST_HEAD: usize = 40;
const INIT_ANSWER: usize = 64;
const ATTRIBUTES_ANSWER: usize = 104;

/// The file system; dropped, it is gone, and whoever was stuck goes on with an error.
pub(super) struct Unanswering {
    place: PathBuf,
    server: Option<JoinHandle<()>>,
    stuck: Arc<AtomicUsize>,
}

impl Unanswering {
    /// Mounts it at a new directory.
    pub(super) fn mount(place: PathBuf) -> io::Result<Unanswering> {
        fs::create_dir(&place)?;
        let device = OpenOptions::new().read(true).write(true).open("/dev/fuse")?;
        let options = format!("fd={},rootmode=40000,user_id=0,group_id=0", device.as_raw_fd());
        let options = std::ffi::CString::new(options).map_err(io::Error::other)?;
        mount("unanswering", &place, "fuse", MountFlags::NOSUID | MountFlags::NODEV, options.as_c_str())?;
        let stuck = Arc::<AtomicUsize>::default();
        let counted = stuck.clone();
        // Once the connection is cut, reading fails.
        let server = thread::spawn(move || drop(serve(device, &counted)));
        Ok(Unanswering { place, server: Some(server), stuck })
    }

    pub(super) fn path(&self) -> &Path {
        &self.place
    }

    /// How many wait for an answer.
    pub(super) fn stuck(&self) -> usize {
        self.stuck.load(Ordering::Relaxed)
    }
}

impl Drop for Unanswering {
    fn drop(&mut self) {
        // Cuts the connection, wherever else it is mounted.
        let gone = unmount(&self.place, UnmountFlags::FORCE | UnmountFlags::DETACH);
        if let (Ok(()), Some(server)) = (gone, self.server.take()) {
            let _ = server.join();
        }
    }
}

fn serve(mut device: File, stuck: &AtomicUsize) -> io::Result<()> {
    let mut request = vec![0; BUFFER];
    loop {
        let length = device.read(&mut request)?;
        let Some((operation, unique)) = head(&request[..length]) else { continue };
        let answer = match operation {
            INIT => framed(unique, 0, &initial()),
            GETATTR => framed(unique, 0, &attributes()),
            LOOKUP => {
                stuck.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            // Nobody waits for an answer to these.
            FORGET | INTERRUPT => continue,
            _ => framed(unique, -Errno::NOSYS.raw_os_error(), &[]),
        };
        device.write_all(&answer)?;
    }
}

/// Which operation it is, and by which number it is answered.
fn head(request: &[u8]) -> Option<(u32, u64)> {
    let head = request.get(..REQUEST_HEAD)?;
    Some((u32::from_ne_bytes(head[4..8].try_into().ok()?), u64::from_ne_bytes(head[8..16].try_into().ok()?)))
}

/// `struct fuse_out_header`, then the answer.
fn framed(unique: u64, error: i32, answer: &[u8]) -> Vec<u8> {
    let length = u32::try_from(16 + answer.len()).unwrap_or(u32::MAX);
    [&length.to_ne_bytes()[..], &error.to_ne_bytes(), &unique.to_ne_bytes(), answer].concat()
}

fn initial() -> Vec<u8> {
    let mut answer = vec![0; INIT_ANSWER];
    for (at, number) in [(0, VERSION.0), (4, VERSION.1), (20, MAX_WRITE)] {
        put(&mut answer, at, number);
    }
    answer
}

/// Of a directory, the only thing that is known; good for no time at all.
fn attributes() -> Vec<u8> {
    let mut answer = vec![0; ATTRIBUTES_ANSWER];
    let attributes = &mut answer[16..];
    for (at, number) in [(0, 1), (60, 0o040_755), (64, 2), (80, 4096)] {
        put(attributes, at, number);
    }
    answer
}

fn put(bytes: &mut [u8], at: usize, number: u32) {
    bytes[at..at + 4].copy_from_slice(&number.to_ne_bytes());
}
