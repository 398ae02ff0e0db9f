//! Documents handed to another process as sealed memory: neither side can change what was sent.
//!
//! It does not know what they say.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::fd::{AsFd, OwnedFd};

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
    let mut file = File::from(descriptor.as_fd().try_clone_to_owned()?);
    file.seek(SeekFrom::Start(0))?;
    let mut bytes = Vec::with_capacity(size as usize);
    file.take(size).read_to_end(&mut bytes)?;
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
    fn an_unsealed_or_a_too_large_document_is_refused() {
        let open = memfd_create("open", MemfdFlags::ALLOW_SEALING).unwrap();
        assert_eq!(contents(&open, 9).unwrap_err().raw_os_error(), Some(libc::EPERM));
        let large = sealed("large", b"123").unwrap();
        assert_eq!(contents(&large, 2).unwrap_err().raw_os_error(), Some(libc::EFBIG));
    }
}
