//! The program under test, as its user meets it: arguments, environment, standard streams, exit code.
//!
//! It reads no file of the engine, with one exception: after the test, to see what was left behind.

use std::{
    ffi::OsStr,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
};

use crate::{Outcome, Root, Terminal, disk::Disk, leftovers, leftovers::end_processes};

/// A `corten` with a root of its own. Dropping it removes every container and fails the test if anything is left.
#[derive(Debug)]
pub struct Corten {
    program: PathBuf,
    /// Unmounted before its directory is removed.
    _disk: Option<Disk>,
    root: Root,
    /// What it leaves is no news.
    is_given_up: bool,
}

impl Corten {
    /// Wraps the program at `program`; an end-to-end test says `env!("CARGO_BIN_EXE_corten")`.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>) -> Corten {
        Corten { program: program.into(), _disk: None, root: Root::new(), is_given_up: false }
    }

    /// The same with a root that has room for `size` bytes, for a test that fills it. Only the calling thread may use it.
    #[must_use]
    pub fn on_a_small_disk(program: impl Into<PathBuf>, size: u64) -> Corten {
        let root = Root::new();
        Corten {
            program: program.into(),
            _disk: Some(Disk::mount(&root.state(), size)),
            root,
            is_given_up: false,
        }
    }

    /// An engine whose root is on a file system that can limit what containers write, or `None` with a line that says why.
    pub fn on_a_limiting_disk(program: impl Into<PathBuf>) -> Option<Corten> {
        let root = Root::new();
        let disk = Disk::mount_with_project_quotas(&root.state(), &root.scratch().join("ext4"), 256 << 20);
        if disk.is_none() {
            println!("skipped: this machine mounts no ext4 with project quotas");
        }
        let corten = Corten { program: program.into(), _disk: Some(disk?), root, is_given_up: false };
        Some(corten)
    }

    /// The directories of this engine.
    #[must_use]
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// `corten ARGUMENTS`, not yet started, for tests that do more than wait. Nothing of the test's own environment goes
    /// with it but `PATH`.
    pub fn command<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).env_clear().stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.root.scratch()).env("LC_ALL", "C.UTF-8");
        command.env("CORTEN_ROOT", self.root.state()).env("CORTEN_RUN_ROOT", self.root.run());
        command
    }

    /// Runs `corten ARGUMENTS` to its end, with nothing on standard input.
    ///
    /// # Panics
    /// When the program cannot be started.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Outcome {
        let mut command = self.command(arguments);
        let output = command.output().unwrap_or_else(|error| panic!("{}: {error}", describe(&command)));
        Outcome::new(describe(&command), output)
    }

    /// Runs `corten ARGUMENTS` to its end, with `input` on standard input.
    ///
    /// # Panics
    /// When the program cannot be started.
    pub fn run_with_input<A: AsRef<OsStr>>(&self, arguments: &[A], input: &[u8]) -> Outcome {
        let mut command = self.command(arguments);
        let mut child = self.spawn(command.stdin(Stdio::piped()));
        let mut stdin = child.stdin.take().expect("a pipe");
        let output = thread::scope(|scope| {
            // A program that ends without reading everything is no failure of the test's.
            scope.spawn(move || drop(stdin.write_all(input)));
            child.wait_with_output().expect("output")
        });
        Outcome::new(describe(&command), output)
    }

    /// Starts a command of [`Corten::command`] with its output in pipes, and goes on.
    ///
    /// # Panics
    /// When the program cannot be started.
    pub fn spawn(&self, command: &mut Command) -> Child {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap_or_else(|error| panic!("{}: {error}", describe(command)))
    }

    /// Starts `corten ARGUMENTS` on a terminal.
    ///
    /// # Panics
    /// When the program cannot be started.
    pub fn terminal<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Terminal {
        Terminal::start(&self.command(arguments))
    }

    /// Loads the image archive at `path`.
    ///
    /// # Panics
    /// When `corten load` fails.
    #[track_caller]
    pub fn load(&self, path: &Path) -> Outcome {
        self.run(&[OsStr::new("load"), OsStr::new("--input"), path.as_os_str()]).success()
    }

    /// Removes what there is without complaint of what stays: the test has failed already.
    pub(crate) fn abandon(mut self) {
        self.is_given_up = true;
    }

    /// Removes every container and waits until nothing is under way.
    fn settle(&self) {
        let containers = self.run(&["ps", "--all", "--quiet", "--no-trunc"]).stdout();
        let containers: Vec<&str> = containers.split_whitespace().collect();
        if !containers.is_empty() {
            self.run(&[&["rm", "--force", "--volumes"], containers.as_slice()].concat());
        }
        self.run(&["system", "settle"]);
    }
}

impl Drop for Corten {
    fn drop(&mut self) {
        if self.root.state().exists() {
            self.settle();
        }
        let left = leftovers(&self.root);
        end_processes(&self.root);
        if !thread::panicking() && !self.is_given_up {
            assert!(
                left.is_empty(),
                "left behind after `rm --force` and `system settle`:\n{}",
                left.join("\n")
            );
        }
    }
}

fn describe(command: &Command) -> String {
    let words = command.get_args().map(|word| word.to_string_lossy().into_owned());
    format!("corten {}", words.collect::<Vec<_>>().join(" "))
}
