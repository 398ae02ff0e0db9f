//! Where a link leads in the end, as a path of the container: Docker tells it to clients, which copy to that path then.
//!
//! What the path says is a piece of information and no permission: whoever uses it has it resolved again.

use std::collections::VecDeque;

use rustix::fs::{OFlags, readlinkat};
use rustix::io::{Errno, Result};

use super::reach::Files;
use crate::error::EngineError;

/// As many links as Docker follows.
const LINKS: usize = 255;

/// Follows every link on the path; of what does not exist the rest is taken as it is.
///
/// # Errors
/// Too many links; what the kernel says.
pub(super) fn evaluate(files: &Files<'_>, path: &str) -> std::result::Result<Vec<u8>, EngineError> {
    follow(files, path.as_bytes()).map_err(|error| match error {
        Errno::LOOP => EngineError::TooManyLinks(path.to_owned()),
        error => files.failed("lstat", path, error),
    })
}

fn follow(files: &Files<'_>, path: &[u8]) -> Result<Vec<u8>> {
    let mut ahead: VecDeque<Vec<u8>> = components(path);
    let mut reached: Vec<u8> = Vec::new();
    let mut links = 0;
    while let Some(component) = ahead.pop_front() {
        if component == b".." {
            let parent = reached.iter().rposition(|&byte| byte == b'/').unwrap_or_default();
            reached.truncate(parent);
            continue;
        }
        let parent = reached.len();
        reached.push(b'/');
        reached.extend_from_slice(&component);
        let Some(target) = read_link(files, &reached)? else { continue };
        links += 1;
        if links > LINKS {
            return Err(Errno::LOOP);
        }
        reached.truncate(if target.starts_with(b"/") { 0 } else { parent });
        for component in components(&target).into_iter().rev() {
            ahead.push_front(component);
        }
    }
    Ok(if reached.is_empty() { b"/".to_vec() } else { reached })
}

fn components(path: &[u8]) -> VecDeque<Vec<u8>> {
    let parts = path.split(|&byte| byte == b'/').filter(|part| !part.is_empty() && *part != b".");
    parts.map(<[u8]>::to_vec).collect()
}

/// What a link says; `None` for anything else, and for what is not there.
fn read_link(files: &Files<'_>, path: &[u8]) -> Result<Option<Vec<u8>>> {
    let object = match files.open(path, OFlags::PATH | OFlags::NOFOLLOW) {
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => return Ok(None),
        object => object?,
    };
    match readlinkat(&object, c"", Vec::new()) {
        Ok(target) => Ok(Some(target.into_bytes())),
        // It is no link (readlink(2)), or none of a file system's own.
        Err(Errno::INVAL | Errno::NOENT) => Ok(None),
        Err(error) => Err(error),
    }
}
