//! Which images an archive is to hold, and under which names, from what was typed.
//!
//! Docker's rules: a repository means all of its tags, a tag itself, a digest or an id the image without a name.

use corten_spec::digest::Digest;
use corten_spec::reference::Reference;
use corten_state::{ImageRow, Reader};

use crate::ImagesError;
use crate::resolve::{by_digest, by_prefix, is_hex};

/// An image, with the names that it is to have in an archive.
#[derive(Debug)]
pub(crate) struct Chosen {
    /// What was typed first for it.
    pub(crate) typed: String,
    pub(crate) row: ImageRow,
    pub(crate) names: Vec<Reference>,
}

/// The images that the texts mean, each once, in the order in which they were named first.
pub(crate) fn choose(t: &Reader<'_>, texts: &[String]) -> Result<Vec<Chosen>, ImagesError> {
    let mut chosen: Vec<Chosen> = Vec::new();
    for text in texts {
        for (row, name) in meant(t, text)? {
            let at = chosen.iter().position(|chosen| chosen.row.id == row.id).unwrap_or_else(|| {
                chosen.push(Chosen { typed: text.clone(), row, names: Vec::new() });
                chosen.len() - 1
            });
            let names = &mut chosen[at].names;
            names.extend(name.filter(|name| !names.contains(name)));
        }
    }
    Ok(chosen)
}

fn meant(t: &Reader<'_>, text: &str) -> Result<Vec<(ImageRow, Option<Reference>)>, ImagesError> {
    let no_image = || ImagesError::NoSuchImage(text.to_owned());
    let id = if text.len() == 64 && is_hex(text) { format!("sha256:{text}") } else { text.to_owned() };
    if let Ok(id) = id.parse::<Digest>() {
        return Ok(vec![(t.image(id.as_str())?.ok_or_else(no_image)?, None)]);
    }
    let reference = Reference::parse(text)?;
    if reference.familiar_name() == "sha256" {
        return Ok(vec![(by_prefix(t, text)?.ok_or_else(no_image)?, None)]);
    }
    if reference.digest().is_some() {
        let row = by_digest(t, &reference)?.ok_or(ImagesError::NoSuchReference)?;
        return Ok(vec![(row, None)]);
    }
    if reference.is_name_only() {
        let all = of_repository(t, &reference.name())?;
        if !all.is_empty() {
            return Ok(all);
        }
        return Ok(vec![(by_prefix(t, text)?.ok_or_else(no_image)?, None)]);
    }
    let id = t.tag(&reference.to_string())?.ok_or(ImagesError::NoSuchReference)?;
    Ok(vec![(t.image(&id)?.ok_or(ImagesError::NoSuchReference)?, Some(reference))])
}

/// Every image of a repository, a digest as one without a name.
fn of_repository(
    t: &Reader<'_>,
    repository: &str,
) -> Result<Vec<(ImageRow, Option<Reference>)>, ImagesError> {
    let mut images = Vec::new();
    for tag in t.tags()? {
        let name = Reference::parse(&tag.reference)?;
        if name.name() == repository
            && let Some(row) = t.image(&tag.image_id)?
        {
            images.push((row, Some(name).filter(|name| name.digest().is_none())));
        }
    }
    Ok(images)
}
