//! Documents handed to another process as sealed memory: neither side can change what was sent.
//!
//! It does not know what they say.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt as _;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, fstat, memfd_create};

/// A memory file with these bytes that nobody can write, grow or shrink any more; close-on-exec, at offset 0.
///
/// # Errors
/// What memfd_create(2), write(2) and fcntl(2) say.
pub fn sealed(name: &str, bytes: &[u8]) -> io::Result<OwnedFd> {
    let mut file = File::from(memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?);
    file.write_all(bytes)?;
    file.seek(SeekFrom::Start(0))?;
    fcntl_add_seals(&file, SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL)?;
    Ok(file.into())
}

/// The bytes of a sealed memory file that another process sent.
///
/// # Errors
/// `EPERM` when it is not sealed against writing and shrinking, `EFBIG` when it holds more than `limit` bytes.
pub fn contents(descriptor: impl AsFd, limit: u64) -> io::Result<Vec<u8>> {
    let needed = SealFlags::WRITE | SealFlags::SHRINK;
    if !fcntl_get_seals(&descriptor)?.contains(needed) {
        return Err(io::Error::from_raw_os_error(libc::EPERM));
    }
    let size = fstat(&descriptor)?.st_size as u64;
    if size > limit {
        return Err(io::Error::from_raw_os_error(libc::EFBIG));
    }
    let file = File::from(descriptor.as_fd().try_clone_to_owned()?);
    let mut bytes = vec![0; size as usize];
    // At a place of its own: the offset is one for all who got the descriptor, and several read at once.
    file.read_exact_at(&mut bytes, 0)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_document_is_read_back_and_cannot_be_written() {
        let sent = sealed("document", b"{}").unwrap();
        assert_eq!(contents(&sent, 2).unwrap(), b"{}");
        let written = File::from(sent).write_all(b"x").unwrap_err();
        assert_eq!(written.raw_os_error(), Some(libc::EPERM));
    }

    #[test]
    fn several_who_read_at_once_get_all_of_it() {
        let sent = sealed("document", &[b'x'; 5000]).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..500).for_each(|_| assert_eq!(contents(&sent, 5000).unwrap().len(), 5000)));
            }
        });
    }

    #[test]
    fn an_unsealed_or_a_too_large_document_is_refused() {
        let open = memfd_create("open", MemfdFlags::ALLOW_SEALING).unwrap();
        assert_eq!(contents(&open, 9).unwrap_err().raw_os_error(), Some(libc::EPERM));
        let large = sealed("large", b"123").unwrap();
        assert_eq!(contents(&large, 2).unwrap_err().raw_os_error(), Some(libc::EFBIG));
    }
}
