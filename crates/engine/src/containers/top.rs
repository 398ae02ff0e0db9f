//! The processes of a container, as `ps` on the host would show them: read from `/proc`, since no helper program may be needed.

use std::fs;

use corten_spec::passwd;

use super::kill::require_running;
use super::{Containers, Inner};
use crate::error::EngineError;
use crate::processes::{Column, Snapshot};
use crate::task::blocking;

/// A table as Docker's `top` gives it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProcessTable {
    /// Headings.
    pub titles: Vec<String>,
    /// One row per process.
    pub rows: Vec<Vec<String>>,
}

impl Containers {
    /// The processes of a running container. `arguments` are those of `ps`; empty = `-ef`.
    ///
    /// # Errors
    /// Not found; conflict when it does not run; options of `ps` that are not understood here, named.
    pub async fn top(&self, reference: &str, arguments: &str) -> Result<ProcessTable, EngineError> {
        let (inner, reference, arguments) = (self.inner.clone(), reference.to_owned(), arguments.to_owned());
        blocking(move || inner.top(&reference, &arguments)).await
    }
}

impl Inner {
    fn top(&self, reference: &str, arguments: &str) -> Result<ProcessTable, EngineError> {
        let columns = columns(arguments)?;
        let container = self.find(reference)?;
        require_running(&container)?;
        let mut pids = self.cgroups.open(&self.cgroup_path(&container))?.pids()?;
        pids.sort_unstable();
        let host = Snapshot::take()?;
        // A process that ended meanwhile has no row.
        let rows = pids
            .into_iter()
            .filter_map(|pid| host.process(pid))
            .map(|process| columns.iter().map(|column| column.value(&process)).collect());
        Ok(ProcessTable {
            titles: columns.iter().map(|column| column.title().to_owned()).collect(),
            rows: rows.collect(),
        })
    }
}

/// The columns that the options of `ps` ask for.
fn columns(arguments: &str) -> Result<Vec<Column>, EngineError> {
    let words: Vec<&str> = arguments.split_whitespace().collect();
    match words.as_slice() {
        [] | ["-ef" | "-fe"] | ["-e", "-f"] => Ok(Column::FULL.to_vec()),
        ["aux" | "-aux" | "auxw" | "auxww"] => Ok(Column::USER_ORIENTED.to_vec()),
        ["-o" | "-eo" | "-axo", list] | ["-e", "-o", list] => chosen(list),
        [joined] if joined.starts_with("-o") => chosen(&joined[2..]),
        _ => Err(EngineError::NotImplemented(format!(
            "the ps options `{arguments}` are not built: -ef, aux and -o LIST are"
        ))),
    }
}

fn chosen(list: &str) -> Result<Vec<Column>, EngineError> {
    let columns = list.split(',').map(|name| {
        Column::named(name)
            .ok_or_else(|| EngineError::Invalid(format!("error running ps: unknown column `{name}` of -o")))
    });
    columns.collect()
}

/// The name of a user of the host, or the number.
pub(crate) fn user_name(passwd: &str, uid: u32) -> String {
    passwd::name_of(uid, passwd).map_or_else(|| uid.to_string(), str::to_owned)
}

/// The host's users; without the file everybody is a number.
pub(crate) fn host_users() -> String {
    fs::read_to_string("/etc/passwd").unwrap_or_default()
}
