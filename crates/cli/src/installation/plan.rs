//! What is to be done, from what is wanted, what is there and what was installed before. Pure.

use std::path::{Path, PathBuf};

use super::files::Item;
use super::record::Record;

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Writes a file.
    Write(Item),
    /// Removes a file.
    Remove(PathBuf),
    /// Makes the group.
    MakeGroup,
    /// Removes the group.
    RemoveGroup,
}

/// What a path holds; `None`: there is nothing.
pub(super) type Look<'a> = &'a dyn Fn(&Path) -> Option<Vec<u8>>;

/// What brings the files to what is wanted. The error is a line for the user: a file that somebody else wrote is left alone.
pub(super) fn install(
    items: Vec<Item>,
    record: &Record,
    look: Look<'_>,
    makes_group: bool,
) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    for item in items {
        match look(&item.path) {
            Some(content) if content == item.content.as_bytes() => {}
            Some(content) if !record.wrote(&item.path, &content) => {
                return Err(format!(
                    "`{}` is there and was not written by this: move it away",
                    item.path.display()
                ));
            }
            _ => steps.push(Step::Write(item)),
        }
    }
    steps.extend(makes_group.then_some(Step::MakeGroup));
    Ok(steps)
}

/// What removes everything that was installed, and the files that stay because somebody has changed them.
pub(super) fn uninstall(record: &Record, look: Look<'_>) -> (Vec<Step>, Vec<PathBuf>) {
    let (mut steps, mut changed) = (Vec::new(), Vec::new());
    for path in record.files.keys() {
        match look(path) {
            Some(content) if record.wrote(path, &content) => steps.push(Step::Remove(path.clone())),
            Some(_) => changed.push(path.clone()),
            None => {}
        }
    }
    steps.extend(record.made_group.then_some(Step::RemoveGroup));
    (steps, changed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::installation::record::digest;

    fn item(path: &str, content: &str) -> Item {
        Item { path: path.into(), content: content.to_owned() }
    }

    fn record(files: &[(&str, &str)]) -> Record {
        let files = files.iter().map(|(path, content)| (path.into(), digest(content.as_bytes())));
        Record { files: files.collect(), ..Record::default() }
    }

    #[test]
    fn what_is_there_is_not_written_again_and_what_is_older_is() {
        let there = |path: &Path| (path != Path::new("/new")).then(|| b"old".to_vec());
        let items = vec![item("/same", "old"), item("/older", "now"), item("/new", "now")];
        let steps = install(items, &record(&[("/older", "old")]), &there, true).unwrap();
        assert_eq!(
            steps,
            [Step::Write(item("/older", "now")), Step::Write(item("/new", "now")), Step::MakeGroup]
        );
    }

    #[test]
    fn a_file_of_somebody_elses_is_neither_replaced_nor_removed() {
        let theirs = |_: &Path| Some(b"theirs".to_vec());
        for known in [record(&[]), record(&[("/unit", "ours")])] {
            assert_eq!(
                install(vec![item("/unit", "now")], &known, &theirs, false).unwrap_err(),
                "`/unit` is there and was not written by this: move it away"
            );
        }
        let known = record(&[("/unit", "ours")]);
        assert_eq!(uninstall(&known, &theirs), (vec![], vec![PathBuf::from("/unit")]));
        let ours = |_: &Path| Some(b"ours".to_vec());
        assert_eq!(uninstall(&known, &ours), (vec![Step::Remove("/unit".into())], vec![]));
        assert_eq!(uninstall(&known, &|_: &Path| None), (vec![], vec![]));
    }
}
