//! Docker's rules for what a copy makes at its destination, given what is known of both ends. Pure.

use super::go_path::{base, has_slash, is_content, split_entry};
use super::side::Side;
use crate::failure::{Failure, Outcome};

/// Where an archive is extracted, and what its one root is called there.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Placement {
    pub(crate) directory: String,
    /// `None` for the name that it has.
    pub(crate) name: Option<String>,
}

/// Decides where the source goes. The archive's root has the last part of the source's path as its name, or the source's other name.
pub(crate) fn place(source: &Side, destination: &Side) -> Outcome<Placement> {
    let (directory, name) = split_entry(&destination.path);
    match (destination.exists, destination.is_directory, source.is_directory) {
        (true, true, _) => Ok(Placement { directory: destination.path.clone(), name: None }),
        (true, false, true) => Err(Failure::new("cannot copy directory")),
        (false, _, false) if has_slash(&destination.path) || is_content(&destination.path) => {
            Err(Failure::new("no such directory"))
        }
        _ => Ok(Placement { directory, name: Some(name) }),
    }
}

/// A path with its links resolved, with the end of the path that was asked for, and the name that it is asked for by where that is another.
pub(crate) fn renamed_base(asked: &str, mut resolved: String) -> (String, String) {
    if is_content(asked) && !is_content(&resolved) {
        resolved.push_str("/.");
    }
    if has_slash(asked) && !has_slash(&resolved) {
        resolved.push('/');
    }
    let name = if base(asked) == base(&resolved) { String::new() } else { base(asked).to_owned() };
    (resolved, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(path: &str, kind: &str) -> Side {
        let (exists, is_directory) = (kind != "nothing", kind == "directory");
        Side { path: path.to_owned(), exists, is_directory, ..Side::default() }
    }

    fn placed(source: &str, destination: (&str, &str)) -> String {
        match place(&side("/src", source), &side(destination.0, destination.1)) {
            Ok(Placement { directory, name: None }) => directory,
            Ok(Placement { directory, name: Some(name) }) => format!("{directory} as {name}"),
            Err(failure) => failure.message,
        }
    }

    #[test]
    fn what_is_there_decides_what_is_made() {
        assert_eq!(placed("file", ("/d", "directory")), "/d");
        assert_eq!(placed("file", ("/d/f", "file")), "/d as f");
        assert_eq!(placed("file", ("/d/f", "nothing")), "/d as f");
        assert_eq!(placed("file", ("/d/f/", "nothing")), "no such directory");
        assert_eq!(placed("file", ("/d/f/.", "nothing")), "no such directory");
        assert_eq!(placed("directory", ("/d/f", "file")), "cannot copy directory");
        assert_eq!(placed("directory", ("/d/f", "nothing")), "/d as f");
        assert_eq!(placed("directory", ("/d/f/", "nothing")), "/d as f");
        assert_eq!(placed("directory", ("/d", "directory")), "/d");
    }

    #[test]
    fn what_a_link_leads_to_goes_by_the_name_of_the_link() {
        let renamed = |asked, resolved: &str| renamed_base(asked, resolved.to_owned());
        assert_eq!(renamed("/a/link", "/b/file"), ("/b/file".to_owned(), "link".to_owned()));
        assert_eq!(renamed("/a/link/", "/b/d"), ("/b/d/".to_owned(), "link".to_owned()));
        assert_eq!(renamed("/a/link/.", "/b/d"), ("/b/d/.".to_owned(), String::new()));
        assert_eq!(renamed("/a/f", "/a/f"), ("/a/f".to_owned(), String::new()));
    }
}
