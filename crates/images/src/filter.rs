//! The filters of `docker images`.
//!
//! Each is read once, before any image is looked at, so that a wrong one is an error even when there are no images.

use std::collections::BTreeMap;

use corten_spec::image::ImageConfig;
use corten_spec::reference::Reference;
use corten_spec::time::Timestamp;
use corten_state::Reader;

use crate::ImagesError;
use crate::resolve::row;

/// What images must be like.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    dangling: Option<bool>,
    /// `key`, or `key=value`; all of them.
    labels: Vec<String>,
    /// Patterns; any of them.
    references: Vec<String>,
    before: Option<Timestamp>,
    since: Option<Timestamp>,
}

impl Filter {
    /// Reads the filters as the Engine API gives them.
    pub(crate) fn parse(
        t: &Reader<'_>,
        filters: &BTreeMap<String, Vec<String>>,
    ) -> Result<Self, ImagesError> {
        let mut filter = Self::default();
        for (key, values) in filters.iter().filter(|(_, values)| !values.is_empty()) {
            match key.as_str() {
                "dangling" => filter.dangling = Some(boolean(key, values)?),
                "label" => filter.labels.clone_from(values),
                "reference" => {
                    filter.references.clone_from(values);
                    filter.check_patterns()?;
                }
                "before" => {
                    filter.before = created(t, values)?.into_iter().min();
                }
                "since" => {
                    filter.since = created(t, values)?.into_iter().max();
                }
                _ => return Err(ImagesError::Filter(key.clone())),
            }
        }
        Ok(filter)
    }

    /// The names under which an image is shown; `None` when it is not. No names at all show it without one.
    pub(crate) fn names(
        &self,
        names: Vec<Reference>,
        created: Timestamp,
        config: &ImageConfig,
    ) -> Option<Vec<Reference>> {
        let dangling = names.is_empty();
        if self.dangling.is_some_and(|wanted| wanted != dangling)
            || self.before.is_some_and(|limit| created >= limit)
            || self.since.is_some_and(|limit| created <= limit)
            || !self.labels.iter().all(|label| has_label(config, label))
        {
            return None;
        }
        if self.references.is_empty() {
            return Some(names);
        }
        let fits =
            |name: &Reference| self.references.iter().any(|pattern| name.matches(pattern).unwrap_or(false));
        let names: Vec<Reference> = names.into_iter().filter(fits).collect();
        (!names.is_empty()).then_some(names)
    }

    fn check_patterns(&self) -> Result<(), ImagesError> {
        let probe = Reference::parse("a")?;
        for pattern in &self.references {
            probe.matches(pattern).map_err(|_| ImagesError::Filter(format!("reference=[{pattern}]")))?;
        }
        Ok(())
    }
}

fn boolean(key: &str, values: &[String]) -> Result<bool, ImagesError> {
    let invalid = || ImagesError::Filter(format!("{key}=[{}]", values.join(" ")));
    match values {
        [value] if value == "1" || value == "true" => Ok(true),
        [value] if value == "0" || value == "false" => Ok(false),
        _ => Err(invalid()),
    }
}

fn created(t: &Reader<'_>, values: &[String]) -> Result<Vec<Timestamp>, ImagesError> {
    values.iter().map(|text| row(t, text).map(|row| row.created_at)).collect()
}

fn has_label(config: &ImageConfig, wanted: &str) -> bool {
    match wanted.split_once('=') {
        Some((key, value)) => config.config.labels.get(key).is_some_and(|found| found == value),
        None => config.config.labels.contains_key(wanted),
    }
}
