//! The database and the event file.

use corten_journal::{EventReader, mend_events};

use super::super::owed::Owed;
use super::{Problem, Walk, problem};
use crate::error::EngineError;

impl Walk<'_> {
    pub(super) fn database(&mut self) -> Result<(), EngineError> {
        for detail in self.inner.store.read(|tx| tx.damage())? {
            self.report.problems.push(Problem { kind: "database", object: "state.db".to_owned(), detail });
        }
        Ok(())
    }

    pub(super) fn events(&mut self) {
        let root = self.inner.home.root();
        if let Err(error) = EventReader::from_start(root) {
            let found = problem("event file", "events", &corten_error::chain(&error));
            self.mend(found, || {
                let aside = mend_events(root)?;
                let names = aside.iter().map(|path| format!("put aside as `{}`", path.display()));
                Ok(names.collect::<Vec<_>>().join(", "))
            });
        }
    }

    pub(super) fn untold(&mut self) -> Result<(), EngineError> {
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
}
