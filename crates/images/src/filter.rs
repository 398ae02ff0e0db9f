//! The filters of `docker images` and `docker image prune`.
//!
//! Each is read once, before any image is looked at, so that a wrong one is an error even when there are no images.

use std::collections::BTreeMap;

use corten_spec::image::ImageConfig;
use corten_spec::label;
use corten_spec::reference::Reference;
use corten_spec::time::{Timestamp, parse_since};
use corten_state::Reader;

use crate::ImagesError;
use crate::resolve::row;

/// The filters of a list.
pub(crate) const OF_LISTS: &[&str] =
    &["before", "dangling", "label", "label!", "reference", "since", "until"];

/// The filters of a pruning.
pub(crate) const OF_PRUNING: &[&str] = &["dangling", "label", "label!", "until"];

/// What images must be like.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    pub(crate) dangling: Option<bool>,
    /// `key`, or `key=value`; all of them.
    labels: Vec<String>,
    /// In the same form; an image that has all of them is left out.
    not_labels: Vec<String>,
    /// Patterns; any of them.
    references: Vec<String>,
    before: Option<Timestamp>,
    since: Option<Timestamp>,
    /// Made at that time or before.
    until: Option<Timestamp>,
}

impl Filter {
    /// Reads the filters as the Engine API gives them, of those that are `accepted`. Durations are before `now`.
    pub(crate) fn parse(
        t: &Reader<'_>,
        filters: &BTreeMap<String, Vec<String>>,
        accepted: &[&str],
        now: Timestamp,
    ) -> Result<Self, ImagesError> {
        let mut filter = Self::default();
        for (key, values) in filters.iter().filter(|(_, values)| !values.is_empty()) {
            match key.as_str() {
                unknown if !accepted.contains(&unknown) => return Err(ImagesError::Filter(key.clone())),
                "dangling" => filter.dangling = Some(boolean(key, values)?),
                "label" => filter.labels.clone_from(values),
                "label!" => filter.not_labels.clone_from(values),
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
                "until" if values.len() > 1 => return Err(ImagesError::SeveralUntil),
                "until" => filter.until = values.first().map(|text| parse_since(text, now)).transpose()?,
                _ => return Err(ImagesError::Filter(key.clone())),
            }
        }
        Ok(filter)
    }

    /// Whether an image of that time and configuration passes, whatever its names.
    pub(crate) fn accepts(&self, created: Timestamp, config: &ImageConfig) -> bool {
        let has = |wanted: &String| label::has(&config.config.labels, wanted);
        self.before.is_none_or(|limit| created < limit)
            && self.since.is_none_or(|limit| created > limit)
            && self.until.is_none_or(|limit| created <= limit)
            && self.labels.iter().all(has)
            && (self.not_labels.is_empty() || !self.not_labels.iter().all(has))
    }

    /// The names under which an image is shown; `None` when it is not. No names at all show it without one.
    pub(crate) fn names(
        &self,
        names: Vec<Reference>,
        created: Timestamp,
        config: &ImageConfig,
    ) -> Option<Vec<Reference>> {
        let fits = match self.dangling {
            // A name with a digest tells where it is from; it is no tag.
            Some(true) => names.iter().all(|name| name.digest().is_some()),
            Some(false) => !names.is_empty(),
            None => true,
        };
        if !fits || !self.accepts(created, config) {
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

/// As Docker reads it: one truth among the values is enough, whatever else stands there.
fn boolean(key: &str, values: &[String]) -> Result<bool, ImagesError> {
    let says = |words: [&str; 2]| values.iter().any(|value| words.contains(&value.as_str()));
    match (says(["1", "true"]), says(["0", "false"])) {
        (true, false) => Ok(true),
        (false, true) => Ok(false),
        _ => Err(ImagesError::Filter(format!("{key}=[{}]", values.join(" ")))),
    }
}

fn created(t: &Reader<'_>, values: &[String]) -> Result<Vec<Timestamp>, ImagesError> {
    values.iter().map(|text| row(t, text).map(|row| row.created_at)).collect()
}
