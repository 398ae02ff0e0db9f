//! Doing what is planned, or only saying it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::files::{Item, Wanted, items};
use super::plan::{self, Step};
use super::record::{self, Record, below, digest};
use super::{group, systemd};

/// Where it is done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// `/`, or the directory that stands for it.
    pub(crate) root: &'a Path,
    /// Whether it is only said.
    pub(crate) dry_run: bool,
}

impl Place<'_> {
    /// Another root has no groups and no systemd of its own that runs.
    fn is_this_machine(self) -> bool {
        self.root == Path::new("/")
    }

    fn look(self, path: &Path) -> Option<Vec<u8>> {
        fs::read(below(self.root, path)).ok()
    }
}

/// Lays everything down; `say` gets a line for each thing that is done. The error is a line for the user.
pub(crate) fn install(place: Place<'_>, wanted: &Wanted, say: &mut dyn FnMut(&str)) -> Result<(), String> {
    let before = Record::read(place.root)?.unwrap_or_default();
    let group_is_there =
        group::exists(place.root).map_err(|error| format!("cannot read the groups: {error}"))?;
    let makes_group = place.is_this_machine() && !group_is_there;
    let items = items(wanted)?;
    let steps = plan::install(items.clone(), &before, &|path| place.look(path), makes_group)?;
    if steps.is_empty() {
        say("everything is there");
        return Ok(());
    }
    let mut record = before;
    for step in &steps {
        say(&described(step));
        if !place.dry_run {
            do_install(place.root, step, &mut record)?;
            // Whatever comes next may fail: what is there is known.
            write_record(place.root, &mut record)?;
        }
    }
    let changes_units = place.is_this_machine() && !place.dry_run && systemd::is_running();
    if changes_units { systemd::reload() } else { Ok(()) }
}

fn do_install(root: &Path, step: &Step, record: &mut Record) -> Result<(), String> {
    match step {
        Step::Write(item) => {
            write(root, item, record)?;
            record.files.insert(item.path.clone(), digest(item.content.as_bytes()));
        }
        Step::MakeGroup => {
            group::make()?;
            record.made_group = true;
        }
        Step::Remove(_) | Step::RemoveGroup => {}
    }
    Ok(())
}

/// Removes what was laid down. The error is a line for the user.
pub(crate) fn uninstall(place: Place<'_>, say: &mut dyn FnMut(&str)) -> Result<(), String> {
    let Some(record) = Record::read(place.root)? else {
        say("nothing was installed");
        return Ok(());
    };
    let (steps, changed) = plan::uninstall(&record, &|path| place.look(path));
    let has_systemd = place.is_this_machine() && !place.dry_run && systemd::is_running();
    if has_systemd {
        systemd::disable()?;
    }
    for step in &steps {
        say(&described(step));
        if !place.dry_run {
            do_uninstall(place.root, step)?;
        }
    }
    for path in &changed {
        say(&format!("left {}: it has been changed", path.display()));
    }
    if place.dry_run {
        return Ok(());
    }
    let list = below(place.root, Path::new(record::PATH));
    fs::remove_file(&list).map_err(|error| format!("cannot remove `{}`: {error}", list.display()))?;
    // The innermost first; what holds something of somebody else's stays.
    for directory in record.directories.iter().rev() {
        let _ = fs::remove_dir(below(place.root, directory));
    }
    if has_systemd { systemd::reload() } else { Ok(()) }
}

fn do_uninstall(root: &Path, step: &Step) -> Result<(), String> {
    match step {
        Step::Remove(path) => {
            let path = below(root, path);
            fs::remove_file(&path).map_err(|error| format!("cannot remove `{}`: {error}", path.display()))
        }
        Step::RemoveGroup => group::remove(),
        Step::Write(_) | Step::MakeGroup => Ok(()),
    }
}

fn described(step: &Step) -> String {
    match step {
        Step::Write(item) => format!("write {}", item.path.display()),
        Step::Remove(path) => format!("remove {}", path.display()),
        Step::MakeGroup => format!("make the group {}", group::NAME),
        Step::RemoveGroup => format!("remove the group {}", group::NAME),
    }
}

fn write_record(root: &Path, record: &mut Record) -> Result<(), String> {
    let list = PathBuf::from(record::PATH);
    make_directories(root, &list, record)?;
    let content = serde_json::to_string_pretty(record).map_err(|error| error.to_string())? + "\n";
    write(root, &Item { path: list, content }, record)
}

/// Writes a file whole or not at all, with the directories that it needs.
fn write(root: &Path, item: &Item, record: &mut Record) -> Result<(), String> {
    make_directories(root, &item.path, record)?;
    let path = below(root, &item.path);
    let mut temporary = path.clone().into_os_string();
    temporary.push(".new");
    let written = fs::write(&temporary, &item.content).and_then(|()| fs::rename(&temporary, &path));
    written.map_err(|error| format!("cannot write `{}`: {error}", path.display()))
}

fn make_directories(root: &Path, path: &Path, record: &mut Record) -> Result<(), String> {
    let parents: Vec<&Path> = path.ancestors().skip(1).collect();
    for directory in parents.into_iter().rev() {
        let real = below(root, directory);
        match fs::create_dir(&real) {
            Ok(()) => drop(record.directories.insert(directory.to_owned())),
            Err(_) if real.is_dir() => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(format!("cannot make `{}`: there is something else", real.display()));
            }
            Err(error) => return Err(format!("cannot make `{}`: {error}", real.display())),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(program: &str) -> Wanted {
        let completions = ["bash", "zsh", "fish"].map(|shell| format!("# {shell}\n"));
        Wanted { program: program.into(), completions }
    }

    fn said(work: impl FnOnce(&mut dyn FnMut(&str)) -> Result<(), String>) -> Vec<String> {
        let mut lines = Vec::new();
        work(&mut |line: &str| lines.push(line.to_owned())).unwrap();
        lines
    }

    /// Everything below a directory.
    fn found(root: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in fs::read_dir(root).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(self::found(&path));
            }
            found.push(path);
        }
        found
    }

    #[test]
    fn what_was_installed_goes_without_a_trace_and_twice_is_as_good_as_once() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        fs::create_dir_all(root.join("etc/systemd/system")).unwrap();
        let before = found(root);
        let place = Place { root, dry_run: false };
        let only_said = Place { root, dry_run: true };
        let lines = said(|say| install(only_said, &wanted("/bin/corten"), say));
        assert_eq!((lines.len(), lines[0].as_str()), (6, "write /etc/systemd/system/corten.socket"));
        assert_eq!(found(root), before);
        assert_eq!(said(|say| install(place, &wanted("/bin/corten"), say)), lines);
        let service = root.join("etc/systemd/system/corten.service");
        assert!(
            fs::read_to_string(&service)
                .unwrap()
                .contains("\nExecStart=\"/bin/corten\" daemon --host fd://\n")
        );
        assert_eq!(said(|say| install(place, &wanted("/bin/corten"), say)), ["everything is there"]);
        // The program has moved.
        assert_eq!(
            said(|say| install(place, &wanted("/opt/corten"), say)),
            ["write /etc/systemd/system/corten.service", "write /etc/systemd/system/corten-boot.service"]
        );
        assert_eq!(said(|say| uninstall(only_said, say)).len(), 6);
        assert!(service.exists());
        assert_eq!(said(|say| uninstall(place, say)).len(), 6);
        assert_eq!(found(root), before);
        assert_eq!(said(|say| uninstall(place, say)), ["nothing was installed"]);
    }

    #[test]
    fn what_others_have_written_or_changed_stays() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let place = Place { root, dry_run: false };
        let socket = root.join("etc/systemd/system/corten.socket");
        fs::create_dir_all(socket.parent().unwrap()).unwrap();
        fs::write(&socket, "theirs").unwrap();
        let refused = install(place, &wanted("/bin/corten"), &mut |_| {}).unwrap_err();
        assert_eq!(
            refused,
            "`/etc/systemd/system/corten.socket` is there and was not written by this: move it away"
        );
        assert_eq!(found(root).len(), 4);
        fs::remove_file(&socket).unwrap();
        install(place, &wanted("/bin/corten"), &mut |_| {}).unwrap();
        fs::write(&socket, "changed").unwrap();
        let lines = said(|say| uninstall(place, say));
        assert_eq!(lines.last().unwrap(), "left /etc/systemd/system/corten.socket: it has been changed");
        assert_eq!(fs::read_to_string(&socket).unwrap(), "changed");
    }
}
