//! Images, their blobs and layers.

use corten_images::Flaw;

use super::{Problem, Walk, problem};
use crate::error::EngineError;

/// The one kind of flaw that needs nothing from outside to be mended.
const ORPHANED: &str = "orphaned layer";

impl Walk<'_> {
    pub(super) fn images(&mut self) -> Result<(), EngineError> {
        for row in self.inner.store.read(|tx| tx.images())? {
            if let Err(error) = self.inner.images.resolve(&row.id, None)
                && self.inner.store.read(|tx| tx.image(&row.id))?.is_some()
            {
                self.report.problems.push(problem("image record", &row.id, &corten_error::chain(&error)));
            }
        }
        let flaws = self.inner.images.flaws()?;
        // Takes away what no record needs, unless somebody is about to record it.
        let collected = self.repair
            && flaws.iter().any(|flaw| flaw.kind == ORPHANED)
            && self.inner.images.collect().is_ok_and(|collected| collected);
        for flaw in flaws {
            let mended = collected && flaw.kind == ORPHANED;
            self.record(told(flaw), mended);
        }
        Ok(())
    }

    /// Nothing here can be mended without the image itself.
    pub(super) fn layers(&mut self) -> Result<(), EngineError> {
        let verified = self.inner.images.verify_layers()?;
        self.report.problems.extend(verified.flaws.into_iter().map(told));
        self.report.notes.extend(verified.unverified.into_iter().map(told));
        Ok(())
    }
}

fn told(flaw: Flaw) -> Problem {
    Problem { kind: flaw.kind, object: flaw.object, detail: flaw.detail }
}
