//! Looks whether an engine has what it promised, whole, and nothing else.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;

use corten_image_archive::digest;

use super::deed::PUSHED;
use super::goods::{Files, Image, blobs_of};
use super::world::{Contained, World};
use crate::crash::engine::{Result, succeed};
use crate::{Corten, Registry};

/// Names of containers, and what became of them: `exited 0`.
pub(super) fn containers(corten: &Corten) -> Result<BTreeMap<String, String>> {
    let listed = succeed(corten, &["ps", "--all", "--format", "{{.Names}}"])?.stdout();
    let mut states = BTreeMap::new();
    for name in listed.lines() {
        let format = "{{.State.Status}} {{.State.ExitCode}}";
        let state = succeed(corten, &["inspect", "--type", "container", "--format", format, name])?.line();
        states.insert(name.to_owned(), state);
    }
    Ok(states)
}

/// An image's blobs can be had and are what they are called, and what is unpacked of it is what was in its layers.
pub(super) fn image(corten: &Corten, name: &str, image: &Image) -> Result<()> {
    let saved = succeed(corten, &["save", name])?.stdout_bytes;
    archive(name, &saved, image)?;
    let container = succeed(corten, &["create", name, "/bin/sh"])?.line();
    let outcome = files(corten, &container, &image.files).map_err(|error| format!("image `{name}`: {error}"));
    succeed(corten, &["rm", &container])?;
    outcome
}

/// A registry has an image that was pushed to it under a name.
pub(super) fn registry(registry: &Registry, name: &str, image: &Image) -> Result<()> {
    let tag = name.rsplit_once(':').map_or(name, |(_, tag)| tag);
    let manifest = registry.tag(PUSHED, tag).ok_or_else(|| format!("`{name}` is not in the registry"))?;
    for blob in image.blobs.iter().chain(&image.id).chain([&manifest]) {
        let hex = blob.trim_start_matches("sha256:");
        match fs::read(registry.blobs().join(hex)) {
            Ok(bytes) if digest(&bytes) == *blob => {}
            Ok(_) => return Err(format!("the registry has something else as `{blob}` of `{name}`")),
            Err(error) => return Err(format!("the registry lacks `{blob}` of `{name}`: {error}")),
        }
    }
    Ok(())
}

/// A container has its image's files and its own.
pub(super) fn container(corten: &Corten, name: &str, contained: &Contained) -> Result<()> {
    files(corten, name, &contained.files()).map_err(|error| format!("container `{name}`: {error}"))
}

/// Whether an archive is whole.
pub(super) fn archive(name: &str, bytes: &[u8], image: &Image) -> Result<()> {
    let blobs = blobs_of(bytes).map_err(|error| format!("the archive of `{name}` is none: {error}"))?;
    if let Some((wrong, _)) = blobs.iter().find(|(name, bytes)| digest(bytes) != **name) {
        return Err(format!("the archive of `{name}` has a blob `{wrong}` that is something else"));
    }
    let mut wanted = image.blobs.iter().chain(&image.id);
    match wanted.find(|wanted| !blobs.contains_key(*wanted)) {
        Some(missing) => Err(format!("the archive of `{name}` lacks `{missing}`")),
        None => Ok(()),
    }
}

fn files(corten: &Corten, container: &str, wanted: &Files) -> Result<()> {
    let exported = succeed(corten, &["export", container])?.stdout_bytes;
    let there = read(&exported).map_err(|error| format!("its export is no archive: {error}"))?;
    for (path, content) in wanted {
        if there.get(path) != content.as_ref() {
            let is = |content: Option<&String>| content.cloned().unwrap_or_else(|| "nothing".to_owned());
            let (there, wanted) = (is(there.get(path)), is(content.as_ref()));
            return Err(format!("`{path}` is {there}, not {wanted}"));
        }
    }
    Ok(())
}

/// The digests of the files in an archive.
fn read(archive: &[u8]) -> std::io::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for entry in tar::Archive::new(archive).entries()? {
        let mut entry = entry?;
        let path = entry.path()?.to_string_lossy().into_owned();
        let kind = entry.header().entry_type();
        if kind.is_hard_link() {
            let target = entry.link_name()?.map(|name| name.to_string_lossy().into_owned());
            let content = target.and_then(|target| files.get(&target).cloned());
            files.extend(content.map(|content| (path, content)));
        } else if kind.is_file() {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            files.insert(path, digest(&bytes));
        }
    }
    Ok(files)
}

/// All that was promised, everywhere.
pub(super) fn everything(corten: &Corten, world: &World) -> Result<()> {
    for (name, promised) in &world.images {
        image(corten, name, promised)?;
    }
    world.containers.iter().try_for_each(|(name, contained)| container(corten, name, contained))
}
