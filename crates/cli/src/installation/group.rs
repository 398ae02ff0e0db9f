//! The group whose members may use the socket.

use std::path::Path;
use std::process::Command;
use std::{fs, io};

/// Its name.
pub(crate) const NAME: &str = "corten";

/// Whether it is there, below `root`.
pub(super) fn exists(root: &Path) -> io::Result<bool> {
    match fs::read_to_string(root.join("etc/group")) {
        Ok(groups) => Ok(is_among(&groups)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether it is among these lines (group(5)).
fn is_among(groups: &str) -> bool {
    groups.lines().any(|line| line.split(':').next() == Some(NAME))
}

/// Makes it. The files of groups have locks, shadows and back-ups, which their own programs know.
pub(super) fn make() -> Result<(), String> {
    call("groupadd", &["--system", NAME])
}

/// Removes it.
pub(super) fn remove() -> Result<(), String> {
    call("groupdel", &[NAME])
}

fn call(program: &str, arguments: &[&str]) -> Result<(), String> {
    let called = format!("{program} {}", arguments.join(" "));
    let output = Command::new(program)
        .args(arguments)
        .output()
        .map_err(|error| format!("cannot call `{called}`: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("`{called}` failed: {}", String::from_utf8_lossy(&output.stderr).trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_name_is_the_groups() {
        assert!(is_among("root:x:0:\ncorten:x:998:alice\n"));
        assert!(!is_among("cortens:x:1:\nx:corten:2:corten\n"));
    }
}
