//! How an image came to be, step by step.
//!
//! Only the newest step has an id and names: the images of the others were never here, or are not told apart.

use corten_spec::platform::Platform;
use corten_spec::time::Timestamp;

use crate::{Images, ImagesError};

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryItem {
    /// The image's id at the newest step, else `<missing>`.
    pub id: String,
    /// When it was taken.
    pub created: Option<Timestamp>,
    /// What was run.
    pub created_by: String,
    /// The image's names at the newest step.
    pub tags: Vec<String>,
    /// Bytes of the files in the layer that it made; 0 if it made none.
    pub size: u64,
    /// A remark.
    pub comment: String,
}

impl Images {
    /// The steps that made an image, the newest first.
    ///
    /// # Errors
    /// As [`Images::resolve`]; [`ImagesError::History`].
    pub fn history(&self, text: &str, platform: Option<&Platform>) -> Result<Vec<HistoryItem>, ImagesError> {
        let image = self.resolve(text, platform)?;
        let mut sizes = image.layer_sizes.iter();
        let mut items = Vec::new();
        for step in &image.config.history {
            let size = if step.empty_layer { 0 } else { *sizes.next().ok_or(ImagesError::History)? };
            items.push(HistoryItem {
                id: "<missing>".to_owned(),
                created: step.created,
                created_by: step.created_by.clone(),
                tags: Vec::new(),
                size,
                comment: step.comment.clone(),
            });
        }
        if let Some(newest) = items.last_mut() {
            newest.id = image.id.to_string();
            newest.tags = image.repo_tags();
        }
        items.reverse();
        Ok(items)
    }
}
