//! What other users of the machine can reach of the engine.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use corten_testkit::Corten;

use crate::setup;

/// Nobody in particular.
const SOMEBODY: u32 = 54321;

/// Whether a user without rights can run or read the file.
fn is_reached(path: &Path) -> bool {
    let attempt = Command::new("cat").arg(path).uid(SOMEBODY).gid(SOMEBODY).output().expect("cat(1)");
    attempt.status.success()
}

/// The first file of this name below a directory.
fn find(directory: &Path, name: &str) -> Option<PathBuf> {
    let entries: Vec<_> = fs::read_dir(directory).ok()?.flatten().collect();
    let here = entries.iter().find(|entry| entry.file_name() == name).map(fs::DirEntry::path);
    here.or_else(|| {
        let directories = entries.iter().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        directories.map(fs::DirEntry::path).find_map(|path| find(&path, name))
    })
}

/// An engine whose root an administrator has made, open to everybody, and a container that leaves a program there which is root's for
/// whoever runs it.
fn with_an_open_root() -> Option<Corten> {
    let corten = setup::engine()?;
    let open = |path: &Path| {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a working machine");
    };
    open(corten.root().scratch());
    for directory in [corten.root().state(), corten.root().run()] {
        fs::create_dir(&directory).expect("a working machine");
        open(&directory);
    }
    let archive = corten_testkit::images::busybox(corten.root().scratch())?;
    corten.load(&archive);
    let script = "cp /bin/busybox /rootkit && chmod 4755 /rootkit && echo done && exec sleep 1000";
    corten.run(&["run", "--detach", "--name", "box", "busybox", "sh", "-c", script]).success();
    let mut logs = corten.spawn(&mut corten.command(&["logs", "--follow", "box"]));
    std::io::Read::read_exact(logs.stdout.as_mut().expect("a working machine"), &mut [0; 5])
        .expect("a sign that it is there");
    logs.kill().and_then(|()| logs.wait()).expect("its end");
    Some(corten)
}

/// CVE-2021-41091, CVE-2021-41103, CVE-2024-25621: a set-user-ID program of a container, run by a user of the host.
#[test]
fn nobody_else_reaches_files_of_containers_images_or_logs() {
    let Some(corten) = with_an_open_root() else { return };
    let state = corten.root().state();
    let own = find(&state.join("containers"), "rootkit").expect("the container's program");
    assert_eq!(fs::metadata(&own).unwrap().permissions().mode() & 0o7777, 0o4755);
    let of_image = find(&state.join("layers"), "busybox").expect("the image's program");
    for path in
        [own, of_image, find(&state, "journal").unwrap(), state.join("state.db"), state.join("events")]
    {
        assert!(!is_reached(&path), "{} can be reached by anybody", path.display());
    }
    assert_eq!(fs::metadata(state).unwrap().permissions().mode() & 0o7777, 0o700);
}

/// CVE-2020-15257: who can speak to the process that looks after a container can have everything done.
#[test]
fn a_monitor_listens_on_no_socket_that_others_reach() {
    let Some(corten) = with_an_open_root() else { return };
    let init = corten.run(&["inspect", "--format", "{{.State.Pid}}", "box"]).success().line();
    let status = fs::read_to_string(format!("/proc/{init}/status")).unwrap();
    let monitor = status.lines().find_map(|line| line.strip_prefix("PPid:")).unwrap().trim().to_owned();
    let links = fs::read_dir(format!("/proc/{monitor}/fd")).unwrap();
    let open: Vec<String> = links
        .map(|link| fs::read_link(link.unwrap().path()).unwrap().to_string_lossy().into_owned())
        .collect();
    let table = fs::read_to_string(format!("/proc/{monitor}/net/unix")).unwrap();
    // Inode and, where it has one, name: proc_pid_net(5).
    let sockets = table.lines().skip(1).map(|line| line.split_whitespace().skip(6).collect::<Vec<_>>());
    let named: Vec<_> = sockets
        .filter(|socket| open.contains(&format!("socket:[{}]", socket[0])))
        .filter_map(|socket| socket.get(1).map(|name| (*name).to_owned()))
        .collect();
    assert!(!named.is_empty());
    let is_abstract = |name: &&String| !name.starts_with('/');
    assert_eq!(
        named.iter().find(is_abstract),
        None,
        "an abstract name is everybody's in a network namespace"
    );
    let socket = find(&corten.root().run(), "monitor.sock").expect("its socket");
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    let shown = Command::new("stat").arg(&socket).uid(SOMEBODY).gid(SOMEBODY).output().expect("stat(1)");
    assert!(!shown.status.success(), "the socket's directory is open to everybody");
}
