//! Makes an entry of a header and the extension headers before it.
//!
//! It does not read anything; paths and links stay as the archive has them.

use crate::entry::{Entry, Kind, Metadata, Moment};
use crate::error::shown;
use crate::extensions::Extensions;
use crate::header::Header;
use crate::read_map::Storage;

/// A header that makes no entry.
pub(crate) enum Malformed {
    /// A field or record is invalid.
    Field(&'static str),
    /// It is valid, and more than this reader knows.
    Unsupported { path: String, what: String },
}

impl From<&'static str> for Malformed {
    fn from(problem: &'static str) -> Self {
        Self::Field(problem)
    }
}

/// Joins a header, its type flag, and the extensions that stood before it. The entry's size is that of what the archive stores.
pub(crate) fn assemble(
    header: &Header<'_>,
    flag: u8,
    mut extensions: Extensions,
) -> Result<(Entry, Storage), Malformed> {
    let name = extensions.sparse.as_mut().and_then(|sparse| sparse.name.take());
    let path = name.or(extensions.path).unwrap_or_else(|| header.path());
    let unsupported = |what: String| Malformed::Unsupported { path: shown(&path), what };
    let kind = match flag {
        // Before there was a type for directories, a slash at the end made one.
        0 if path.ends_with(b"/") => Kind::Directory,
        0 | b'0' | b'7' => Kind::Regular,
        b'S' if header.is_gnu() => Kind::Regular,
        b'S' => return Err(unsupported("it is a sparse file in another format than GNU's".to_owned())),
        b'1' => Kind::HardLink,
        b'2' => Kind::Symlink,
        b'3' | b'4' => {
            let (major, minor) = header.device()?;
            let narrow = |number: u64| u32::try_from(number).map_err(|_| "a device number is too large");
            let (major, minor) = (narrow(major)?, narrow(minor)?);
            if flag == b'3' { Kind::Character { major, minor } } else { Kind::Block { major, minor } }
        }
        b'5' => Kind::Directory,
        b'6' => Kind::Fifo,
        other => return Err(unsupported(format!("its type is `{}`", char::from(other).escape_debug()))),
    };
    let storage = match extensions.sparse {
        None if flag == b'S' => Storage::InHeader,
        None => Storage::Dense,
        Some(_) if flag == b'S' || kind != Kind::Regular => {
            return Err(Malformed::Field("records of a sparse file stand before something else"));
        }
        Some(records) => Storage::Recorded(records.finish()?),
    };
    let size = match extensions.size {
        _ if kind != Kind::Regular => 0,
        Some(size) => size,
        None => header.size()?,
    };
    let metadata = Metadata {
        mode: u32::try_from(header.mode()? & 0o7777).unwrap_or(0),
        uid: id(extensions.uid.map_or_else(|| header.uid(), Ok)?)?,
        gid: id(extensions.gid.map_or_else(|| header.gid(), Ok)?)?,
        modified: match extensions.modified {
            Some(moment) => moment,
            None => Moment { seconds: header.modified()?, nanoseconds: 0 },
        },
        xattrs: extensions.xattrs,
    };
    let link = extensions.link.unwrap_or_else(|| header.link());
    Ok((Entry { path, link, kind, metadata, size }, storage))
}

/// The largest number means "leave it as it is" to chown(2), so it is nobody's.
fn id(number: u64) -> Result<u32, &'static str> {
    match u32::try_from(number) {
        Ok(id) if id != u32::MAX => Ok(id),
        _ => Err("a user or group number is too large"),
    }
}
