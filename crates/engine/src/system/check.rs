//! Whether records and disk agree, walked both ways: every record has its object, every object its record.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use corten_journal::{EventReader, FileLock};
use corten_snapshots::ContainerFiles;
use corten_spec::id::ContainerId;

use super::System;
use super::owed::Owed;
use crate::containers::{Container, Inner, Reservation};
use crate::error::EngineError;
use crate::task::blocking;

/// How long somebody else's hold on a container is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// One disagreement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// A word or two.
    pub kind: &'static str,
    /// An id, a digest, a path.
    pub object: String,
    /// What is wrong with it.
    pub detail: String,
}

/// What the walk found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// What is wrong and still is.
    pub problems: Vec<Problem>,
    /// What was wrong and has been mended.
    pub repaired: Vec<Problem>,
}

impl System {
    /// Walks. With `repair`, mends what can be mended without losing anything that anybody refers to.
    ///
    /// # Errors
    /// When the walk itself fails.
    pub async fn check(&self, repair: bool) -> Result<CheckReport, EngineError> {
        let inner = self.containers.inner.clone();
        blocking(move || {
            let mut walk = Walk { inner: &inner, repair, report: CheckReport::default() };
            walk.database()?;
            walk.events();
            walk.containers()?;
            walk.untold()?;
            walk.images()?;
            Ok(walk.report)
        })
        .await
    }
}

struct Walk<'a> {
    inner: &'a Inner,
    repair: bool,
    report: CheckReport,
}

impl Walk<'_> {
    fn database(&mut self) -> Result<(), EngineError> {
        for detail in self.inner.store.read(|tx| tx.damage())? {
            self.report.problems.push(Problem { kind: "database", object: "state.db".to_owned(), detail });
        }
        Ok(())
    }

    fn events(&mut self) {
        if let Err(error) = EventReader::from_start(self.inner.home.root()) {
            self.report.problems.push(problem("event file", "events", &corten_error::chain(&error)));
        }
    }

    fn untold(&mut self) -> Result<(), EngineError> {
        let owed = match self.inner.owed_events() {
            // Named above.
            Err(error) if error.is_damage() => return Ok(()),
            owed => owed?,
        };
        let mended = self.repair && self.inner.pay_events().is_ok();
        for Owed { id, action } in owed {
            let detail = format!("the event file does not have its `{action}`");
            self.record(problem("untold event", id.as_str(), &detail), mended);
        }
        Ok(())
    }

    fn containers(&mut self) -> Result<(), EngineError> {
        let mut known = HashSet::new();
        for row in self.inner.store.read(|tx| tx.containers())? {
            known.insert(row.id.clone());
            let id = row.id.clone();
            match Container::from_row(row) {
                Ok(container) => self.container(container)?,
                Err(error) => {
                    self.report.problems.push(problem("container record", &id, &corten_error::chain(&error)));
                }
            }
        }
        let directory = self.inner.home.root().join("containers");
        for name in names(&directory)? {
            if !known.contains(&name) {
                self.orphan(&name)?;
            }
        }
        Ok(())
    }

    fn container(&mut self, mut container: Container) -> Result<(), EngineError> {
        let id = container.id.to_string();
        if let Err(error) = self.inner.observe(&mut container) {
            self.report.problems.push(problem("container state", &id, &corten_error::chain(&error)));
            return Ok(());
        }
        let upper = self.inner.home.container(&container.id).join("upper");
        if !upper.is_dir() && !container.is_being_removed() {
            let found = problem("container files", &id, "its writable directory is missing");
            let mended =
                self.repair && ContainerFiles::prepare(self.inner.home.root(), &container.id).is_ok();
            self.record(found, mended);
        }
        let held = FileLock::is_held(&self.inner.home.rootfs_lock(&container.id))?;
        if container.is_being_removed() && !held {
            let found = problem("unfinished removal", &id, "its removal was interrupted");
            let mended = self.repair && self.finish_removal(&container).is_ok();
            self.record(found, mended);
        }
        Ok(())
    }

    fn finish_removal(&self, container: &Container) -> Result<(), EngineError> {
        match self.inner.reserve(&container.id, PATIENCE)? {
            Reservation::Granted(lock, container) => self.inner.remove_reserved(*container, lock),
            Reservation::Running(_) => Ok(()),
        }
    }

    /// A directory that no record speaks of.
    fn orphan(&mut self, name: &str) -> Result<(), EngineError> {
        let found = problem("orphaned files", name, "no container has this directory");
        let Ok(id) = name.parse::<ContainerId>() else {
            self.report.problems.push(found);
            return Ok(());
        };
        if self.inner.store.read(|tx| tx.container(id.as_str()))?.is_some() {
            return Ok(());
        }
        // Whoever makes or removes a container holds its lock meanwhile.
        if FileLock::is_held(&self.inner.home.rootfs_lock(&id))? {
            return Ok(());
        }
        let mended = self.repair && self.inner.sweep_orphan(&id)?;
        self.record(found, mended);
        Ok(())
    }

    fn images(&mut self) -> Result<(), EngineError> {
        for row in self.inner.store.read(|tx| tx.images())? {
            match self.inner.images.resolve(&row.id) {
                Ok(image) => self.layers(&row.id, &image.layer_paths),
                Err(error) => {
                    self.report.problems.push(problem("image record", &row.id, &corten_error::chain(&error)));
                }
            }
        }
        Ok(())
    }

    fn layers(&mut self, image: &str, paths: &[PathBuf]) {
        for path in paths.iter().filter(|path| !path.is_dir()) {
            let detail = format!("its layer `{}` is missing: load the image again", path.display());
            self.report.problems.push(problem("image layer", image, &detail));
        }
    }

    fn record(&mut self, found: Problem, mended: bool) {
        if mended { self.report.repaired.push(found) } else { self.report.problems.push(found) }
    }
}

fn problem(kind: &'static str, object: &str, detail: &str) -> Problem {
    Problem { kind, object: object.to_owned(), detail: detail.to_owned() }
}

fn names(directory: &Path) -> Result<Vec<String>, EngineError> {
    let failed = |source: io::Error| EngineError::OpenDirectory { path: directory.to_owned(), source };
    fs::read_dir(directory)
        .map_err(failed)?
        .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()).map_err(failed))
        .collect()
}
