//! The names of an image as rows of a list: one a tag, digests beside the tags of the same repository.

use std::collections::BTreeMap;

use corten_api_types::image::Summary;
use corten_spec::reference::Reference;

/// Repository, tag and digest of one row.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Name {
    pub(super) repository: String,
    pub(super) tag: String,
    pub(super) digest: String,
}

const NONE: &str = "<none>";

/// The rows of an image. `show_digests` gives a digest without a tag a row of its own; `need_digests` puts digests
/// beside tags.
pub(crate) fn rows(image: &Summary, show_digests: bool, need_digests: bool) -> Vec<Name> {
    let name = |repository: &str, tag: &str, digest: &str| Name {
        repository: repository.to_owned(),
        tag: tag.to_owned(),
        digest: digest.to_owned(),
    };
    if is_dangling(image) {
        return vec![name(NONE, NONE, NONE)];
    }
    let tags = by_repository(&image.repo_tags, |reference| reference.tag().map(str::to_owned));
    let mut digests =
        by_repository(&image.repo_digests, |reference| reference.digest().map(ToString::to_string));
    let mut rows = Vec::new();
    for (repository, tags) in &tags {
        let digests = digests.remove(repository).filter(|_| need_digests).unwrap_or_default();
        for tag in tags {
            if digests.is_empty() {
                rows.push(name(repository, tag, NONE));
            }
            rows.extend(digests.iter().map(|digest| name(repository, tag, digest)));
        }
    }
    for (repository, digests) in &digests {
        match show_digests {
            true => rows.extend(digests.iter().map(|digest| name(repository, NONE, digest))),
            false => rows.push(name(repository, NONE, "")),
        }
    }
    rows
}

fn is_dangling(image: &Summary) -> bool {
    let (tags, digests) = (image.repo_tags.as_slice(), image.repo_digests.as_slice());
    let none = |names: &[String], none: &str| matches!(names, [name] if name == none);
    tags.is_empty() && digests.is_empty() || none(tags, "<none>:<none>") && none(digests, "<none>@<none>")
}

fn by_repository(
    names: &[String],
    part: impl Fn(&Reference) -> Option<String>,
) -> BTreeMap<String, Vec<String>> {
    let mut map: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for reference in names.iter().filter_map(|name| Reference::parse(name).ok()) {
        if let Some(part) = part(&reference) {
            map.entry(reference.familiar_name()).or_default().push(part);
        }
    }
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(tags: &[&str], digests: &[&str], show: bool) -> Vec<String> {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let image = Summary { repo_tags: owned(tags), repo_digests: owned(digests), ..Summary::default() };
        let rows = rows(&image, show, show);
        rows.into_iter().map(|row| format!("{} {} {}", row.repository, row.tag, row.digest)).collect()
    }

    #[test]
    fn a_name_is_a_row() {
        assert_eq!(shown(&[], &[], false), ["<none> <none> <none>"]);
        assert_eq!(
            shown(&["alpine:3", "alpine:latest", "b/c:1"], &[], false),
            ["alpine 3 <none>", "alpine latest <none>", "b/c 1 <none>"]
        );
    }

    #[test]
    fn digests_stand_beside_their_tags() {
        let digest = format!("sha256:{}", "0".repeat(64));
        let name = format!("a@{digest}");
        assert_eq!(shown(&["a:1"], &[&name], true), [format!("a 1 {digest}")]);
        assert_eq!(shown(&["a:1"], &[&name], false), ["a 1 <none>"]);
        assert_eq!(shown(&[], &[&name], true), [format!("a <none> {digest}")]);
        assert_eq!(shown(&[], &[&name], false), ["a <none> "]);
    }
}
