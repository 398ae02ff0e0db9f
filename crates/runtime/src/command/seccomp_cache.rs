//! Compiled filters, kept beside the containers' state: an engine gives every container the same profile.
//!
//! A program is used again only for the very document it was compiled from, which is kept with it; the hash in the name merely finds
//! it.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use corten_seccomp::{Arch, Program};
use corten_spec::runtime::Seccomp;

use super::error::CommandError;
use crate::launch::SeccompSource;

/// A directory that no container's id can name.
const DIRECTORY: &str = ".seccomp";

/// Where the filter of a configuration comes from. What cannot be kept is compiled by the runtime itself.
///
/// # Errors
/// A document that cannot be compiled.
pub(super) fn source(root: &Path, document: Option<&Seccomp>) -> Result<SeccompSource, CommandError> {
    let Some(document) = document else { return Ok(SeccompSource::Unconfined) };
    let Ok(text) = serde_json::to_vec(document) else { return Ok(SeccompSource::Spec) };
    let mut hasher = DefaultHasher::new();
    (&text, env!("CARGO_PKG_VERSION")).hash(&mut hasher);
    let name = root.join(DIRECTORY).join(format!("{:016x}", hasher.finish()));
    let (kept, program) = (name.with_extension("json"), name.with_extension("bpf"));
    if fs::read(&kept).is_ok_and(|kept| kept == text) {
        return Ok(SeccompSource::Program(program));
    }
    let compiled =
        corten_seccomp::compile(document, Arch::HOST).map_err(crate::RuntimeError::CompileFilter)?;
    let stored = store(&program, &compiled).and_then(|()| put(&kept, &text));
    Ok(stored.map_or(SeccompSource::Spec, |()| SeccompSource::Program(program)))
}

/// The program first: a document is there only once its program is.
fn store(path: &Path, program: &Program) -> std::io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    put(path, &program.to_bytes())
}

fn put(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let beside = PathBuf::from(format!("{}.{}", path.display(), std::process::id()));
    fs::write(&beside, bytes)?;
    fs::rename(&beside, path)
}
