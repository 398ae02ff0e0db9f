//! Lists images.
//!
//! How a list looks is the caller's business.

use std::collections::{BTreeMap, HashSet};

use corten_spec::digest::Digest;
use corten_spec::image::ImageConfig;
use corten_spec::reference::Reference;
use corten_spec::time::Timestamp;

use crate::documents::from_bytes;
use crate::filter::{Filter, OF_LISTS};
use crate::image::{digest, parent, references};
use crate::{Images, ImagesError};

/// One image of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageSummary {
    /// The image's id.
    pub id: Digest,
    /// Its names with a tag that passed the filters, as short as they can be said; none: it has no name.
    pub repo_tags: Vec<String>,
    /// Its names with a digest, in the same way.
    pub repo_digests: Vec<String>,
    /// The id of the image that it was made of, if that is here.
    pub parent: Option<String>,
    /// When it was made, as its configuration says.
    pub created: Timestamp,
    /// Bytes of the files in its layers.
    pub size: u64,
    /// The labels of its configuration.
    pub labels: BTreeMap<String, String>,
    /// How many containers stand on it.
    pub containers: usize,
}

impl Images {
    /// The images that pass the filters (Docker's `dangling`, `label`, `label!`, `reference`, `before`, `since`, `until`, whose
    /// durations are before `now`), the newest first. Of a name's images only the one that is meant where nobody asks for a platform, unless
    /// `all` are to be listed.
    ///
    /// # Errors
    /// [`ImagesError::Filter`], [`ImagesError::NoSuchImage`] for a filter that names an image.
    pub fn list(
        &self,
        all: bool,
        filters: &BTreeMap<String, Vec<String>>,
        now: Timestamp,
    ) -> Result<Vec<ImageSummary>, ImagesError> {
        self.store.read(|t| {
            let filter = Filter::parse(t, filters, OF_LISTS, now)?;
            let meant: HashSet<String> = t.tags()?.into_iter().map(|tag| tag.image_id).collect();
            let mut summaries = Vec::new();
            for row in t.images()? {
                if !all && !meant.contains(&row.id) && !t.tags_of_image(&row.id)?.is_empty() {
                    continue;
                }
                let config: ImageConfig = from_bytes(&row.config, &row.id, "an image configuration")?;
                let Some(names) = filter.names(references(t, &row.id)?, row.created_at, &config) else {
                    continue;
                };
                let (digests, tags): (Vec<_>, Vec<_>) =
                    names.iter().partition(|name| name.digest().is_some());
                summaries.push(ImageSummary {
                    id: digest(&row.id)?,
                    parent: parent(t, &config)?,
                    repo_tags: tags.into_iter().map(Reference::familiar).collect(),
                    repo_digests: digests.into_iter().map(Reference::familiar).collect(),
                    created: row.created_at,
                    size: row.size,
                    labels: config.config.labels,
                    containers: t.containers_using_image(&row.id)?.len(),
                });
            }
            Ok(summaries)
        })
    }
}
