//! Which images an archive is to hold, and under which names, from what was typed.
//!
//! Docker's rules: a repository means all of its tags, a tag itself, a digest or an id the image without a name.

use corten_spec::digest::Digest;
use corten_spec::platform::Platform;
use corten_spec::reference::Reference;
use corten_state::{ImageRow, NamedImage, Reader};

use crate::ImagesError;
use crate::resolve::{alone, by_digest, by_prefix, is_hex, of_platform};

/// Images that belong together, with the names that they are to have in an archive.
#[derive(Debug)]
pub(crate) struct Chosen {
    /// One for each platform; at least one.
    pub(crate) images: Vec<NamedImage>,
    pub(crate) names: Vec<Reference>,
}

/// The images that the texts mean, each once, in the order in which they were named first; of each platform that was asked for, if any was.
pub(crate) fn choose(
    t: &Reader<'_>,
    texts: &[String],
    platforms: &[Platform],
) -> Result<Vec<Chosen>, ImagesError> {
    let mut chosen: Vec<Chosen> = Vec::new();
    for text in texts {
        for (images, name) in meant(t, text)? {
            let of_platform = |platform| of_platform(t, &images, platform, text).cloned();
            let wanted = platforms.iter().map(of_platform).collect::<Result<Vec<_>, _>>()?;
            let images = if wanted.is_empty() { images } else { wanted };
            let at = chosen.iter().position(|chosen| chosen.images == images).unwrap_or_else(|| {
                chosen.push(Chosen { images, names: Vec::new() });
                chosen.len() - 1
            });
            let names = &mut chosen[at].names;
            names.extend(name.filter(|name| !names.contains(name)));
        }
    }
    Ok(chosen)
}

type Meant = (Vec<NamedImage>, Option<Reference>);

fn meant(t: &Reader<'_>, text: &str) -> Result<Vec<Meant>, ImagesError> {
    let no_image = || ImagesError::NoSuchImage(text.to_owned());
    let unnamed = |row: Option<ImageRow>| Ok(vec![(vec![alone(row.ok_or_else(no_image)?)], None)]);
    let id = if text.len() == 64 && is_hex(text) { format!("sha256:{text}") } else { text.to_owned() };
    if let Ok(id) = id.parse::<Digest>() {
        return unnamed(t.image(id.as_str())?);
    }
    let reference = Reference::parse(text)?;
    if reference.familiar_name() == "sha256" {
        return unnamed(by_prefix(t, text)?);
    }
    if reference.is_name_only() {
        let all = of_repository(t, &reference.name())?;
        return if all.is_empty() { unnamed(by_prefix(t, text)?) } else { Ok(all) };
    }
    let images = t.images_of_tag(&reference.to_string())?;
    if reference.digest().is_none() {
        return if images.is_empty() {
            Err(ImagesError::NoSuchReference)
        } else {
            Ok(vec![(images, Some(reference))])
        };
    }
    if !images.is_empty() {
        return Ok(vec![(images, None)]);
    }
    let image = by_digest(t, &reference)?.ok_or(ImagesError::NoSuchReference)?;
    Ok(vec![(vec![image], None)])
}

/// What every name of a repository stands for, a digest as one without a name.
fn of_repository(t: &Reader<'_>, repository: &str) -> Result<Vec<Meant>, ImagesError> {
    let mut all = Vec::new();
    for tag in t.tags()? {
        let name = Reference::parse(&tag.reference)?;
        if name.name() == repository {
            all.push((t.images_of_tag(&tag.reference)?, Some(name).filter(|name| name.digest().is_none())));
        }
    }
    Ok(all)
}
