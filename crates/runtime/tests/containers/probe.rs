//! What runs inside the containers of these tests: it looks, and tells on standard output.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, RenameFlags, StatVfsMountFlags, renameat_with, statvfs};

/// Where it lies in every bundle.
pub(crate) const PATH: &str = "/probe";
/// A script whose interpreter is the program that executes it: the runtime, inside the container.
pub(crate) const SCRIPT: &str = "/evil";

pub(crate) fn run(command: &str, words: &[OsString]) -> i32 {
    let word = |at: usize| words.get(at).and_then(|word| word.to_str()).unwrap_or_default();
    let told = match command {
        "cat" => fs::read_to_string(word(0)),
        "write" => fs::write(word(0), word(1)).map(|()| "written\n".to_owned()),
        "mkdir" => fs::create_dir(word(0)).map(|()| "made\n".to_owned()),
        "list" => list(word(0)),
        "owner" => owner(word(0)),
        "links" => links(word(0)),
        "node" => node(word(0), word(1)),
        "exit" => return word(0).parse().unwrap_or(255),
        "facts" => facts(),
        "own-mount" => own_mount(),
        "swap" => swap(word(0), word(1)),
        "pry" => pry(word(0)),
        "wait" => loop {
            std::thread::park();
        },
        "die" => {
            let own = rustix::process::getpid();
            rustix::process::kill_process(own, rustix::process::Signal::KILL)
                .map(|()| String::new())
                .map_err(Into::into)
        }
        other => Ok(format!("no such probe: {other}\n")),
    };
    let text = told.unwrap_or_else(|error| format!("{:?}\n", error.kind()));
    std::io::stdout().write_all(text.as_bytes()).map_or(1, |()| 0)
}

fn list(directory: &str) -> std::io::Result<String> {
    let mut names: Vec<String> =
        fs::read_dir(directory)?.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    Ok(names.join("\n") + "\n")
}

/// `UID:GID MODE` of a file.
fn owner(path: &str) -> std::io::Result<String> {
    let status = fs::metadata(path)?;
    Ok(format!("{}:{} {:o}\n", status.uid(), status.gid(), status.mode() & 0o7777))
}

/// Where the links of a directory lead, or why that is not told.
fn links(directory: &str) -> std::io::Result<String> {
    let read = |entry: std::io::Result<fs::DirEntry>| match fs::read_link(entry?.path()) {
        Ok(target) => Ok(format!("{}\n", target.display())),
        Err(error) => Ok(format!("{:?}\n", error.kind())),
    };
    fs::read_dir(directory)?.map(read).collect()
}

/// Makes a character device `MAJOR:MINOR` and opens it.
fn node(path: &str, number: &str) -> std::io::Result<String> {
    let number =
        number.split_once(':').and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
    let (major, minor) = number.ok_or(std::io::ErrorKind::InvalidInput)?;
    let device = rustix::fs::makedev(major, minor);
    rustix::fs::mknodat(CWD, path, FileType::CharacterDevice, Mode::RUSR, device)?;
    fs::File::open(path).map(|_| "opened\n".to_owned())
}

fn facts() -> std::io::Result<String> {
    let status = fs::read_to_string("/proc/self/status")?;
    let kept = [
        "Pid:",
        "PPid:",
        "Uid:",
        "Gid:",
        "Groups:",
        "CapEff:",
        "CapBnd:",
        "CapAmb:",
        "NoNewPrivs:",
        "Seccomp:",
        "SigBlk:",
        "SigIgn:",
    ];
    let lines = status.lines().filter(|line| kept.iter().any(|key| line.starts_with(key)));
    let lines: String = lines.map(|line| line.replace('\t', " ").trim_end().to_owned() + "\n").collect();
    let name = rustix::system::uname();
    let directory = std::env::current_dir()?;
    let home = std::env::var("HOME").unwrap_or_default();
    Ok(format!(
        "{lines}host {}\ncwd {}\nhome {home}\n",
        name.nodename().to_string_lossy(),
        directory.display()
    ))
}

fn own_mount() -> std::io::Result<String> {
    let read_only = statvfs("/proc/self/exe")?.f_flag.contains(StatVfsMountFlags::RDONLY);
    Ok(format!("own program read-only: {read_only}\n"))
}

/// Exchanges two names for ever.
fn swap(one: &str, other: &str) -> std::io::Result<String> {
    loop {
        renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?;
    }
}

/// Looks into every other process of the container for ever, and writes to `report` what it should not have seen.
fn pry(report: &str) -> std::io::Result<String> {
    fs::write(report, "looked\n")?;
    loop {
        for entry in fs::read_dir("/proc")? {
            let process = entry?.path();
            let opened = fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
            let mut links = opened.filter_map(|entry| fs::read_link(entry.path()).ok());
            if let Some(foreign) = links.find(|link| is_foreign(link)) {
                fs::write(report, format!("{} has {}\n", process.display(), foreign.display()))?;
            }
        }
    }
}

/// Whether a process of the container would not have this open: it has its streams, and reads `/proc`.
fn is_foreign(open: &Path) -> bool {
    let text = open.to_string_lossy();
    !text.starts_with("pipe:") && !text.starts_with("/proc/") && !text.starts_with("/dev/") && text != "/proc"
}
