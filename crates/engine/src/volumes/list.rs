//! Listing volumes, with Docker's filters.

use std::collections::{BTreeMap, HashSet};

use corten_spec::{boolean, label};

use super::{Volume, Volumes};
use crate::containers::Inner;
use crate::error::EngineError;
use crate::task::blocking;

/// Filters by name; values of one name are alternatives (of `label`: all must match), names must all match.
pub type VolumeFilter = BTreeMap<String, Vec<String>>;

const KNOWN: [&str; 4] = ["dangling", "driver", "label", "name"];

impl Volumes {
    /// The volumes that match, by name.
    ///
    /// # Errors
    /// An unknown filter or a value that makes no sense; the database.
    pub async fn list(&self, filters: VolumeFilter) -> Result<Vec<Volume>, EngineError> {
        let inner = self.containers.inner.clone();
        blocking(move || inner.list_volumes(&filters)).await
    }
}

impl Inner {
    fn list_volumes(&self, filters: &VolumeFilter) -> Result<Vec<Volume>, EngineError> {
        if let Some(name) = filters.keys().find(|name| !KNOWN.contains(&name.as_str())) {
            return Err(EngineError::Invalid(format!("invalid filter '{name}'")));
        }
        let dangling = truth(filters, "dangling")?;
        let used = self.used_volumes()?;
        let mut listed = self.all_volumes()?;
        listed.retain(|volume| {
            dangling.is_none_or(|dangling| dangling != used.contains(&volume.name))
                && matches(volume, filters)
        });
        Ok(listed)
    }

    /// Every volume but those that are being removed; one whose record is damaged does not hide the others.
    pub(crate) fn all_volumes(&self) -> Result<Vec<Volume>, EngineError> {
        let rows = self.store.read(|tx| tx.volumes())?;
        let ready = rows.into_iter().filter(|row| !row.is_removing);
        Ok(ready.filter_map(|row| self.volume_of(row).ok()).collect())
    }

    pub(super) fn used_volumes(&self) -> Result<HashSet<String>, EngineError> {
        Ok(self.store.read(|tx| tx.volume_uses())?.into_iter().map(|used| used.volume).collect())
    }
}

/// What a filter that is true or false says.
pub(super) fn truth(filters: &VolumeFilter, name: &str) -> Result<Option<bool>, EngineError> {
    let Some(values) = filters.get(name).filter(|values| !values.is_empty()) else { return Ok(None) };
    let said: HashSet<Option<bool>> = values.iter().map(|value| boolean::parse(value)).collect();
    match said.into_iter().collect::<Vec<_>>().as_slice() {
        [Some(said)] => Ok(Some(*said)),
        _ => Err(EngineError::Invalid(format!("invalid filter '{name}=[{}]'", values.join(" ")))),
    }
}

fn matches(volume: &Volume, filters: &VolumeFilter) -> bool {
    filters.iter().all(|(filter, values)| match filter.as_str() {
        "label" => values.iter().all(|value| has_label(volume, value)),
        "driver" => values.contains(&volume.driver),
        "name" => values.iter().any(|value| is_in_name(value, &volume.name)),
        _ => true,
    })
}

/// A part of the name, tied to its beginning or end as in an expression.
fn is_in_name(wanted: &str, name: &str) -> bool {
    let (from_start, wanted) = wanted.strip_prefix('^').map_or((false, wanted), |rest| (true, rest));
    let (to_end, wanted) = wanted.strip_suffix('$').map_or((false, wanted), |rest| (true, rest));
    match (from_start, to_end) {
        (true, true) => name == wanted,
        (true, false) => name.starts_with(wanted),
        (false, true) => name.ends_with(wanted),
        (false, false) => name.contains(wanted),
    }
}

/// Whether a volume has a label, `name` or `name=value`.
pub(super) fn has_label(volume: &Volume, wanted: &str) -> bool {
    volume.labels.as_ref().is_some_and(|labels| label::has(labels, wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filters(name: &str, values: &[&str]) -> VolumeFilter {
        [(name.to_owned(), values.iter().map(|value| (*value).to_owned()).collect())].into()
    }

    #[test]
    fn truths_are_gos() {
        assert_eq!(truth(&filters("dangling", &["1"]), "dangling").unwrap(), Some(true));
        assert_eq!(truth(&VolumeFilter::new(), "dangling").unwrap(), None);
        for values in [&["yes"][..], &["true", "false"]] {
            let error = truth(&filters("dangling", values), "dangling").unwrap_err();
            assert!(error.to_string().starts_with("invalid filter 'dangling="), "{error}");
        }
    }

    #[test]
    fn names_match_in_parts() {
        for (wanted, expected) in
            [("at", true), ("^at", false), ("ta$", true), ("^data$", true), ("^dat$", false)]
        {
            assert_eq!(is_in_name(wanted, "data"), expected, "{wanted}");
        }
    }
}
