//! Reading the small text files of a cgroup.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use crate::error::CgroupsError;

/// The content without the newline at its end; nothing if there is no such file.
pub(crate) fn read(path: &Path) -> Result<Option<String>, CgroupsError> {
    match fs::read_to_string(path) {
        Ok(mut text) => {
            text.truncate(text.trim_end().len());
            Ok(Some(text))
        }
        // ENODEV: the cgroup was removed while the file was open.
        Err(error) if error.kind() == io::ErrorKind::NotFound || is_gone(&error) => Ok(None),
        Err(error) => Err(CgroupsError::file("read", path)(error)),
    }
}

/// A number, or nothing for `max` and for a missing file.
pub(crate) fn number(path: &Path) -> Result<Option<u64>, CgroupsError> {
    match read(path)? {
        None => Ok(None),
        Some(text) if text == "max" => Ok(None),
        Some(text) => {
            text.parse().map(Some).map_err(|_| CgroupsError::Content { path: path.to_owned(), content: text })
        }
    }
}

/// The number behind `key` in a file of `key number` lines.
pub(crate) fn keyed(path: &Path, key: &str) -> Result<Option<u64>, CgroupsError> {
    let Some(text) = read(path)? else { return Ok(None) };
    let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' '));
    let parse = |number: &str| {
        number
            .parse()
            .map_err(|_| CgroupsError::Content { path: path.to_owned(), content: number.to_owned() })
    };
    line.map(parse).transpose()
}

/// All of a file of `key number` lines; nothing of a missing one.
pub(crate) fn table(path: &Path) -> Result<BTreeMap<String, u64>, CgroupsError> {
    let text = read(path)?.unwrap_or_default();
    let line = |line: &str| {
        let (key, number) = line.split_once(' ')?;
        Some((key.to_owned(), number.parse().ok()?))
    };
    Ok(text.lines().filter_map(line).collect())
}

/// Writes a value that is not a limit.
pub(crate) fn write(path: &Path, value: &str) -> Result<(), CgroupsError> {
    put(path, value).map_err(|source| CgroupsError::Write {
        value: value.to_owned(),
        path: path.to_owned(),
        source,
    })
}

/// As [`write`], for callers that look at the cause.
pub(crate) fn put(path: &Path, value: &str) -> io::Result<()> {
    use io::Write as _;
    fs::OpenOptions::new().write(true).open(path)?.write(value.as_bytes()).map(drop)
}

/// Whether a file's cgroup was removed while the file was open.
pub(crate) fn is_gone(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::NODEV.raw_os_error())
}
