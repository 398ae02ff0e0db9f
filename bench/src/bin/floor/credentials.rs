//! What the process may do: Docker's default filter and Docker's fourteen capabilities.
//!
//! The user stays root, as in a container that names none.

use std::fs;
use std::path::Path;

use corten_seccomp::Program;
use corten_spec::runtime::capability::{ALL, DOCKER_DEFAULT};
use corten_sys::seccomp::{self, Instruction};
use rustix::thread::{
    CapabilitySet, CapabilitySets, clear_ambient_capability_set, remove_capability_from_bounding_set,
    set_capabilities,
};

use crate::error::{Doing, Result};

pub(crate) struct Filter {
    instructions: Vec<Instruction>,
    flags: u32,
}

pub(crate) fn read_filter(path: &Path) -> Result<Filter> {
    let program = Program::from_bytes(&fs::read(path).doing("read the filter")?)?;
    let converted =
        program.instructions.iter().map(|it| Instruction { code: it.code, jt: it.jt, jf: it.jf, k: it.k });
    Ok(Filter { instructions: converted.collect(), flags: program.flags.bits() })
}

/// While CAP_SYS_ADMIN is there: no_new_privs is off in a container, as Docker has it.
pub(crate) fn load(filter: &Filter) -> Result<()> {
    seccomp::load(&filter.instructions, filter.flags).doing("load the filter")
}

pub(crate) fn drop_capabilities() -> Result<()> {
    for capability in ALL.iter().filter(|capability| !DOCKER_DEFAULT.contains(capability)) {
        let set = CapabilitySet::from_bits_retain(capability.mask());
        remove_capability_from_bounding_set(set).doing("bound the capabilities")?;
    }
    let kept = DOCKER_DEFAULT.iter().fold(0, |mask, capability| mask | capability.mask());
    let kept = CapabilitySet::from_bits_retain(kept);
    let sets = CapabilitySets { effective: kept, permitted: kept, inheritable: CapabilitySet::empty() };
    set_capabilities(None, sets).doing("set the capabilities")?;
    clear_ambient_capability_set().doing("clear the ambient capabilities")
}
