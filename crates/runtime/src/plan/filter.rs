//! The filter of system calls, compiled or read as it was compiled before.
//!
//! It is loaded in `setup`, last of all.

use corten_seccomp::{Arch, Program};
use corten_spec::runtime::Seccomp;
use corten_sys::seccomp::Instruction;

use crate::error::RuntimeError;
use crate::launch::SeccompSource;

/// A program as the kernel takes it.
pub(crate) struct Filter {
    pub(crate) instructions: Vec<Instruction>,
    /// `SECCOMP_FILTER_FLAG_*`.
    pub(crate) flags: u32,
}

/// # Errors
/// A program that cannot be read, a document that cannot be compiled.
pub(super) fn plan(source: &SeccompSource, spec: Option<&Seccomp>) -> Result<Option<Filter>, RuntimeError> {
    let program = match (source, spec) {
        (SeccompSource::Unconfined, _) | (SeccompSource::Spec, None) => return Ok(None),
        (SeccompSource::Spec, Some(document)) => corten_seccomp::compile(document, Arch::HOST),
        (SeccompSource::Program(path), _) => {
            let read = std::fs::read(path);
            let bytes = read.map_err(|cause| RuntimeError::ReadFilter { path: path.clone(), cause })?;
            Program::from_bytes(&bytes)
        }
    };
    program.map(|program| Some(Filter::from(&program))).map_err(RuntimeError::CompileFilter)
}

impl From<&Program> for Filter {
    fn from(program: &Program) -> Self {
        let instructions = program.instructions.iter();
        let convert =
            |i: &corten_seccomp::Instruction| Instruction { code: i.code, jt: i.jt, jf: i.jf, k: i.k };
        Self { instructions: instructions.map(convert).collect(), flags: program.flags.bits() }
    }
}
