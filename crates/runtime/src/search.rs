//! Which file a command name means: the search of Go's `exec.LookPath`, whose words Docker's users know.
//!
//! It opens and runs nothing.

use rustix::fs::{Access, AtFlags, CWD, FileType, accessat, stat};
use rustix::io::Errno;

use crate::failure::{CANNOT_INVOKE, Failure, NOT_FOUND};

/// The bits of a mode that let somebody execute a file.
const ANYBODYS_EXECUTION: u32 = 0o111;

/// The path of the program; a name with a slash is one already. `search_path` is the value of `PATH`.
pub(crate) fn look_up(name: &str, search_path: &str) -> Result<String, Failure> {
    if name.contains('/') {
        return match check(name) {
            Ok(()) => Ok(name.to_owned()),
            Err(Errno::NOENT) => Err(refused(format!("exec: {name:?}: stat {name}"), Errno::NOENT)),
            Err(errno) => Err(refused(format!("exec: {name:?}"), errno)),
        };
    }
    let directories = search_path.split(':').filter(|_| !search_path.is_empty());
    for directory in directories {
        // An empty entry is the working directory.
        let path = if directory.is_empty() { format!("./{name}") } else { format!("{directory}/{name}") };
        if check(&path).is_err() {
            continue;
        }
        if !path.starts_with('/') {
            let refusal =
                format!("exec: {name:?}: cannot run executable found relative to current directory");
            return Err(Failure::refused(refusal).with_exit_code(CANNOT_INVOKE));
        }
        return Ok(path);
    }
    Err(Failure::refused(format!("exec: {name:?}: executable file not found in $PATH"))
        .with_exit_code(NOT_FOUND))
}

/// A file, no directory, that this process may execute.
fn check(path: &str) -> Result<(), Errno> {
    let mode = stat(path)?.st_mode;
    if FileType::from_raw_mode(mode) == FileType::Directory {
        return Err(Errno::ISDIR);
    }
    match accessat(CWD, path, Access::EXEC_OK, AtFlags::EACCESS) {
        // access(2) has no such answers of its own: a filter of system calls that was written before faccessat2(2) gives them.
        // The mode has to do then, and execve(2) has the last word.
        Err(Errno::PERM | Errno::NOSYS) if mode & ANYBODYS_EXECUTION != 0 => Ok(()),
        Err(Errno::PERM | Errno::NOSYS) => Err(Errno::ACCESS),
        answer => answer,
    }
}

fn refused(operation: String, errno: Errno) -> Failure {
    Failure::system(operation, &errno.into()).with_exit_code(exit_code(errno))
}

/// As Docker translates the words of a failed start.
pub(crate) fn exit_code(errno: Errno) -> i32 {
    match errno {
        Errno::NOENT | Errno::NOTDIR => NOT_FOUND,
        _ => CANNOT_INVOKE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    fn directory() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for (name, mode) in [("program", 0o755), ("data", 0o644)] {
            let path = directory.path().join(name);
            fs::write(&path, "").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }
        directory
    }

    fn message(name: &str, search_path: &str) -> (i32, String) {
        let failure = look_up(name, search_path).unwrap_err();
        (failure.exit_code, failure.to_string())
    }

    #[test]
    fn the_first_executable_in_the_path_is_found() {
        let directory = directory();
        let at = directory.path().to_str().unwrap();
        assert_eq!(look_up("program", &format!("/nowhere:{at}")).unwrap(), format!("{at}/program"));
    }

    #[test]
    fn what_cannot_be_found_or_run_is_told_in_gos_words() {
        let directory = directory();
        let at = directory.path().to_str().unwrap();
        let not_found = "exec: \"foo\": executable file not found in $PATH".to_owned();
        assert_eq!(message("foo", at), (127, not_found.clone()));
        assert_eq!(message("foo", ""), (127, not_found));
        assert_eq!(
            message(&format!("{at}/data"), ""),
            (126, format!("exec: \"{at}/data\": permission denied"))
        );
        assert_eq!(message(at, ""), (126, format!("exec: \"{at}\": is a directory")));
        let missing = format!("{at}/missing");
        let text = format!("exec: \"{missing}\": stat {missing}: no such file or directory");
        assert_eq!(message(&missing, ""), (127, text));
    }
}
