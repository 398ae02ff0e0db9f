//! Where an archive goes: stdout, or a file that appears under its name only when it is complete.
//!
//! The checks and their texts are those of Docker's command line.

use std::fs::{self, File};
use std::io::{self, IsTerminal, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, openat, rename};
use rustix::io::Errno;

use crate::failure::{Failure, Outcome, go_text};

/// Something that an archive is written to.
pub(crate) struct Destination(Kind);

enum Kind {
    /// As a file: what the standard library has instead looks for line feeds in all that it is given.
    Stdout(File),
    File(Unfinished),
}

/// A file that has not got its name yet.
struct Unfinished {
    file: File,
    path: PathBuf,
    /// The name that it has meanwhile, beside the other; none where the file system does without.
    temporary: Option<PathBuf>,
    /// What a failure begins with.
    failed: &'static str,
}

impl Destination {
    /// A file, or with an empty path stdout unless that is a terminal. `failed` is what failures with a file begin with.
    pub(crate) fn open(path: &str, failed: &'static str) -> Outcome<Self> {
        if !path.is_empty() {
            return Unfinished::new(path, failed).map(|file| Self(Kind::File(file)));
        }
        let stdout = io::stdout();
        if stdout.is_terminal() {
            return Err(Failure::new("cowardly refusing to save to a terminal. Use the -o flag or redirect"));
        }
        Ok(Self(Kind::Stdout(stdout.as_fd().try_clone_to_owned()?.into())))
    }

    /// Writes all of these bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Outcome {
        match &mut self.0 {
            Kind::Stdout(stdout) => Ok(stdout.write_all(bytes)?),
            Kind::File(unfinished) => {
                unfinished.file.write_all(bytes).map_err(|error| unfinished.failure("write", &error))
            }
        }
    }

    /// All is written: a file gets its name, in place of what had it before.
    pub(crate) fn complete(self) -> Outcome {
        match self.0 {
            Kind::Stdout(_) => Ok(()),
            Kind::File(unfinished) => unfinished.complete(),
        }
    }
}

impl Unfinished {
    fn new(text: &str, failed: &'static str) -> Outcome<Self> {
        check(text).map_err(|problem| Failure::new(format!("{failed}: {problem}")))?;
        let path = PathBuf::from(text);
        let opened =
            |file: rustix::fd::OwnedFd, temporary| Self { file: file.into(), path, temporary, failed };
        let mode = Mode::from_raw_mode(0o600);
        let unnamed = OFlags::WRONLY | OFlags::TMPFILE | OFlags::CLOEXEC;
        let named = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let refused = |path: &Path, error: Errno| {
            Failure::new(format!("{failed}: {}", go_text("open", &path.display().to_string(), &error.into())))
        };
        match openat(CWD, directory(text), unnamed, mode) {
            // Nothing is left of it, whatever ends this process.
            Ok(file) => Ok(opened(file, None)),
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL) => {
                let temporary = temporary(text)?;
                let file =
                    openat(CWD, &temporary, named, mode).map_err(|error| refused(&temporary, error))?;
                Ok(opened(file, Some(temporary)))
            }
            Err(error) => Err(refused(directory(text), error)),
        }
    }

    fn complete(mut self) -> Outcome {
        self.file.sync_all().map_err(|error| self.failure("sync", &error))?;
        let temporary = match self.temporary.clone() {
            Some(temporary) => temporary,
            // A link cannot replace a file, so it goes beside it first.
            None => {
                let temporary = temporary(&self.path.to_string_lossy())?;
                let unnamed = format!("/proc/self/fd/{}", self.file.as_raw_fd());
                linkat(CWD, unnamed, CWD, &temporary, AtFlags::SYMLINK_FOLLOW)
                    .map_err(|error| self.failure("link", &error.into()))?;
                self.temporary = Some(temporary.clone());
                temporary
            }
        };
        rename(&temporary, &self.path).map_err(|error| self.failure("rename", &error.into()))?;
        self.temporary = None;
        Ok(())
    }

    fn failure(&self, verb: &str, error: &io::Error) -> Failure {
        Failure::new(format!("{}: {}", self.failed, go_text(verb, &self.path.display().to_string(), error)))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            // The reason why the file is not wanted is told already.
            let _left = fs::remove_file(temporary);
        }
    }
}

/// A name beside the file that nobody uses.
fn temporary(text: &str) -> Outcome<PathBuf> {
    let mut random = [0; 8];
    rustix::rand::getrandom(&mut random, rustix::rand::GetRandomFlags::empty())
        .map_err(|error| Failure::new(format!("read random bytes: {error}")))?;
    let name = Path::new(text).file_name().unwrap_or_default().to_string_lossy();
    Ok(directory(text).join(format!(".tmp-{name}{}", u64::from_ne_bytes(random))))
}

/// What stands before the last slash, as Go has it: of `a/` that is `a`.
fn directory(text: &str) -> &Path {
    match text.rsplit_once('/') {
        None => Path::new("."),
        Some(("", _)) => Path::new("/"),
        Some((directory, _)) => Path::new(directory),
    }
}

fn check(text: &str) -> Result<(), String> {
    let above = directory(text);
    let stat = |error: &io::Error| {
        format!("invalid output path: {}", go_text("stat", &above.display().to_string(), error))
    };
    match fs::metadata(above) {
        Err(error) => return Err(stat(&error)),
        Ok(about) if !about.is_dir() => return Err(stat(&io::ErrorKind::NotADirectory.into())),
        Ok(_) => {}
    }
    let kind = match fs::symlink_metadata(text) {
        Ok(about) => about.file_type(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(format!("failed to stat output path: {}", go_text("lstat", text, &error))),
    };
    let obstacle = [
        (kind.is_dir(), "cannot write to a directory"),
        (kind.is_symlink(), "cannot write to a symbolic link directly"),
        (kind.is_fifo(), "cannot write to a named pipe (FIFO)"),
        (kind.is_socket(), "cannot write to a socket"),
        (kind.is_char_device(), "cannot write to a character device file"),
        (kind.is_block_device(), "cannot write to a block device file"),
    ];
    obstacle.iter().find(|(there, _)| *there).map_or(Ok(()), |(_, problem)| Err((*problem).to_owned()))
}
