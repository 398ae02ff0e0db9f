//! `--storage-opt`: how much a container may write to its own file system.
//!
//! Whether the file system can limit that, and how, is `snapshots`' to know.

use std::collections::BTreeMap;

use corten_snapshots::ContainerFiles;
use corten_spec::size::parse_bytes;

use super::Inner;
use super::record::Container;
use crate::error::EngineError;
use crate::random;

/// The least that a limit may be: what is mounted into a container has directories and empty files as well.
const LEAST: u64 = 1 << 20;

/// The bytes that a container may write; `None` = as many as there are.
///
/// # Errors
/// An option that is not known, or a size that is none.
pub(super) fn limit(options: &BTreeMap<String, String>) -> Result<Option<u64>, EngineError> {
    let mut limit = 0;
    for (key, value) in options {
        // In whatever case, as Docker has it.
        if !key.eq_ignore_ascii_case("size") {
            return Err(EngineError::Invalid(format!("Unknown option {}", key.to_lowercase())));
        }
        let bytes = parse_bytes(value).map_err(|error| EngineError::Invalid(error.to_string()))?;
        limit = u64::try_from(bytes).unwrap_or_default();
        if (1..LEAST).contains(&limit) {
            return Err(EngineError::Invalid("Minimum storage size allowed is 1MB".to_owned()));
        }
    }
    Ok(Some(limit).filter(|limit| *limit > 0))
}

/// Looks at what is asked, and adds what is configured for containers that ask nothing.
pub(super) fn settle(
    options: &mut BTreeMap<String, String>,
    configured: Option<u64>,
) -> Result<(), EngineError> {
    limit(options)?;
    if options.keys().any(|key| key.eq_ignore_ascii_case("size")) {
        return Ok(());
    }
    options.extend(configured.map(|size| ("size".to_owned(), size.to_string())));
    limit(options).map(drop)
}

impl Inner {
    /// Sees to it that a container is limited as it should be, for a caller that holds its lock.
    pub(crate) fn limit_storage(&self, container: &Container) -> Result<(), EngineError> {
        let Some(limit) = limit(&container.config.host.storage_options)? else { return Ok(()) };
        let somewhere = u32::from_le_bytes(random::bytes()?);
        Ok(ContainerFiles::of(self.home.root(), &container.id).limit(limit, somewhere)?)
    }

    /// What is wrong with the limit of a container that has its files.
    pub(crate) fn storage_limit_flaw(&self, container: &Container) -> Result<Option<String>, EngineError> {
        let Some(wanted) = limit(&container.config.host.storage_options)? else { return Ok(None) };
        let found = ContainerFiles::of(self.home.root(), &container.id).limited_to()?;
        // In the blocks that the kernel counts in.
        if found.is_some_and(|found| found == wanted / 512 * 512) {
            return Ok(None);
        }
        let found = found.map_or_else(|| "as much as it likes".to_owned(), |found| format!("{found} bytes"));
        Ok(Some(format!("it may write {wanted} bytes, and could write {found}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(options: &[(&str, &str)]) -> Result<Option<u64>, String> {
        let options = options.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        limit(&options).map_err(|error| error.to_string())
    }

    #[test]
    fn sizes_are_dockers() {
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[("size", "0")]), Ok(None));
        assert_eq!(read(&[("Size", "10G")]), Ok(Some(10 << 30)));
        assert_eq!(read(&[("size", "1048576")]), Ok(Some(1 << 20)));
    }

    #[test]
    fn what_is_no_size_is_refused_in_dockers_words() {
        assert_eq!(read(&[("SIZES", "1g")]), Err("Unknown option sizes".to_owned()));
        assert_eq!(read(&[("size", "-1")]), Err("invalid size: '-1'".to_owned()));
        assert_eq!(read(&[("size", "")]), Err("invalid size: ''".to_owned()));
        assert_eq!(read(&[("size", "1x")]), Err("invalid suffix: 'x'".to_owned()));
        assert_eq!(read(&[("size", "1023k")]), Err("Minimum storage size allowed is 1MB".to_owned()));
    }
}
