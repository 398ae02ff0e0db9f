//! What a root takes on the disk, so that the parts together are what `du` tells of it when nothing is under way, the database apart.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt as _;

use corten_images::StoreUsage;
use corten_tree::disk_usage;

use super::System;
use crate::clock::now;
use crate::containers::{Container, Inner};
use crate::error::EngineError;
use crate::task::blocking;
use crate::volumes::VolumeUsage;

/// What is asked for: measuring takes a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsageQuery {
    /// Images, their layers and blobs.
    pub images: bool,
    /// Containers.
    pub containers: bool,
    /// Volumes.
    pub volumes: bool,
}

/// What takes room.
#[derive(Debug, Clone, Default)]
pub struct DiskUsage {
    /// Images, if they were asked for.
    pub images: Option<StoreUsage>,
    /// Containers with the bytes of all that they have on the disk, if they were asked for.
    pub containers: Option<Vec<(Container, u64)>>,
    /// Volumes, if they were asked for.
    pub volumes: Option<Vec<VolumeUsage>>,
    /// The bytes of what belongs to none of these: the engine's own files, without its database.
    pub engine: u64,
}

/// Below the root, measured elsewhere.
const MEASURED: [&str; 2] = ["content", "layers"];

impl System {
    /// Measures.
    ///
    /// # Errors
    /// A directory that cannot be read; the database.
    pub async fn usage(&self, query: UsageQuery) -> Result<DiskUsage, EngineError> {
        let inner = self.containers.inner.clone();
        blocking(move || inner.usage(query)).await
    }
}

impl Inner {
    fn usage(&self, query: UsageQuery) -> Result<DiskUsage, EngineError> {
        let images = if query.images { Some(self.images.usage(now())?) } else { None };
        let containers = if query.containers { Some(self.containers_usage()?) } else { None };
        let volumes = if query.volumes { Some(self.volumes_usage()?) } else { None };
        Ok(DiskUsage { images, containers, volumes, engine: self.engine_usage()? })
    }

    fn containers_usage(&self) -> Result<Vec<(Container, u64)>, EngineError> {
        let directory = self.home.root().join("containers");
        let opened = match File::open(&directory) {
            // There never was one.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            opened => opened.map_err(|source| EngineError::OpenDirectory { path: directory, source })?,
        };
        let measured = |container: Container| {
            let bytes = disk_usage(&opened, container.id.as_str()).map_err(EngineError::Measure)?;
            Ok((container, bytes))
        };
        self.everything()?.into_iter().map(measured).collect()
    }

    /// Everything else: what is not measured here is no image's and no container's.
    fn engine_usage(&self) -> Result<u64, EngineError> {
        let root = self.home.root();
        let failed = |source: io::Error| EngineError::OpenDirectory { path: root.to_owned(), source };
        let opened = File::open(root).map_err(failed)?;
        let mut known: Vec<String> =
            self.store.read(|tx| tx.containers())?.into_iter().map(|row| row.id).collect();
        known.extend(self.store.read(|tx| tx.volumes())?.into_iter().map(|row| row.name));
        let mut bytes = alone(&opened).map_err(failed)?;
        for name in super::check::names(root)? {
            let is_database = name.starts_with("state.db");
            if name == "containers" || name == "volumes" {
                let directory = File::open(root.join(&name)).map_err(failed)?;
                bytes += alone(&directory).map_err(failed)?;
                for other in super::check::names(&root.join(&name))?.iter().filter(|id| !known.contains(id)) {
                    bytes += disk_usage(&directory, other).map_err(EngineError::Measure)?;
                }
            } else if !is_database && !MEASURED.contains(&name.as_str()) {
                bytes += disk_usage(&opened, &name).map_err(EngineError::Measure)?;
            }
        }
        Ok(bytes)
    }
}

/// What a directory itself takes.
fn alone(directory: &File) -> io::Result<u64> {
    Ok(directory.metadata()?.blocks() * 512)
}
