//! Fetches a blob again that was here once.

use std::slice;

use corten_content::Arrived;
use corten_spec::digest::Digest;
use corten_spec::image::Descriptor;
use corten_spec::reference::Reference;

use super::arrivals::Arrivals;
use super::fetch::Fetch;
use super::{Audience, PullRequest, Step};
use crate::blob::{Cause, Origins};
use crate::{Images, ImagesError};

/// Nobody has asked for a pull.
struct Nobody;

impl Audience for Nobody {
    fn hear(&self, _layer: &Digest, _step: Step) {}
}

impl Images {
    /// Fetches a blob from the repository of that name, and gives it its name.
    pub(crate) fn refetch(&self, blob: &Descriptor, from: &str, origins: &dyn Origins) -> Result<(), Cause> {
        let reference = Reference::parse(from)?;
        let repository = origins.repository(&reference)?;
        let (handle, reference) = (origins.handle(), &reference);
        let request = PullRequest { repository: &repository, handle, reference, platform: None };
        let arrived = match self.fetch_one(blob, &request) {
            // What was left of an earlier attempt was damaged, and has been forgotten.
            Err(ImagesError::Spoiled { .. }) => self.fetch_one(blob, &request)?,
            fetched => fetched?,
        };
        arrived.iter().try_for_each(Arrived::name)?;
        self.content.sync([&blob.digest])?;
        arrived.into_iter().for_each(Arrived::settle);
        Ok(())
    }

    fn fetch_one(&self, blob: &Descriptor, request: &PullRequest<'_>) -> Result<Vec<Arrived>, ImagesError> {
        let blob = slice::from_ref(blob);
        let arrivals = Arrivals::of(&self.content, blob);
        Fetch { content: &self.content, request, arrivals: &arrivals, audience: &Nobody }.all(blob)
    }
}
