//! What had arrived of blobs before a pull, and whether any of it was asked for again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::Corten;
use crate::crash::engine::{Result, names};

/// Blobs at one moment.
#[derive(Debug)]
pub(super) struct Received {
    whole: BTreeSet<String>,
    in_part: BTreeMap<String, u64>,
}

impl Received {
    pub(super) fn look(corten: &Corten) -> Received {
        let content = corten.root().state().join("content");
        let whole = names(&content.join("blobs/sha256")).iter().map(|hex| format!("sha256:{hex}")).collect();
        let ingest = content.join("ingest");
        let partial = |name: String| {
            let size = fs::metadata(ingest.join(&name)).map_or(0, |file| file.len());
            (name.replacen('-', ":", 1), size)
        };
        Received { whole, in_part: names(&ingest).into_iter().map(partial).collect() }
    }

    /// `requests` are paths of blobs, and from which byte on they were asked for.
    pub(super) fn compare(&self, requests: &[(String, u64)]) -> Result<()> {
        for (path, from) in requests {
            let digest = path.rsplit('/').next().unwrap_or_default();
            if self.whole.contains(digest) {
                return Err(format!("`{digest}` was there, and was asked for from byte {from} on"));
            }
            let had = self.in_part.get(digest).copied().unwrap_or_default();
            if *from < had {
                return Err(format!(
                    "{had} bytes of `{digest}` were there, and it was asked for from byte {from} on"
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_twice_is_found() {
        let received = Received {
            whole: BTreeSet::from(["sha256:a".to_owned()]),
            in_part: BTreeMap::from([("sha256:b".to_owned(), 10)]),
        };
        let asked = |digest: &str, from| received.compare(&[(format!("/v2/x/blobs/{digest}"), from)]);
        assert!(asked("sha256:b", 10).is_ok() && asked("sha256:c", 0).is_ok());
        assert!(asked("sha256:a", 0).is_err() && asked("sha256:b", 9).is_err());
    }
}
