//! The process that is run: its words as the kernel takes them, its identity, rights and limits.
//!
//! Users are looked up, and the program is searched for, in the container.

use std::ffi::CString;

use corten_spec::runtime::{Linux, PersonalityDomain, Process};

use super::{CapabilityPlan, Filter, Limit, filter, limits, support};
use crate::error::RuntimeError;
use crate::launch::{SeccompSource, UserSource};

/// A process, whether a container's first or one more.
pub(crate) struct ProcessPlan<'a> {
    /// Names the session keyring.
    pub(crate) id: &'a str,
    pub(crate) spec: &'a Process,
    pub(crate) user: &'a UserSource,
    /// Never empty.
    pub(crate) arguments: Vec<CString>,
    /// Without `HOME` where that is still to be looked up.
    pub(crate) environment: Vec<CString>,
    pub(crate) capabilities: CapabilityPlan,
    pub(crate) limits: Vec<Limit>,
    pub(crate) filter: Option<Filter>,
    /// As personality(2) takes it.
    pub(crate) persona: Option<u32>,
}

/// `PER_LINUX32` of linux/personality.h.
const PER_LINUX32: u32 = 8;

impl<'a> ProcessPlan<'a> {
    /// # Errors
    /// What cannot be honoured or contradicts itself.
    pub(super) fn new(
        id: &'a str,
        spec: &'a Process,
        user: &'a UserSource,
        seccomp: &SeccompSource,
        linux: &Linux,
    ) -> Result<Self, RuntimeError> {
        support::check_process(spec)?;
        if spec.args.is_empty() {
            return Err(RuntimeError::invalid("`process.args` is empty"));
        }
        if !spec.cwd.starts_with('/') {
            return Err(RuntimeError::invalid(format!(
                "`process.cwd` `{}` is not an absolute path",
                spec.cwd
            )));
        }
        Ok(Self {
            id,
            spec,
            user,
            arguments: words("process.args", &spec.args)?,
            environment: words("process.env", &spec.env)?,
            capabilities: CapabilityPlan::new(spec.capabilities.as_ref()),
            limits: limits::plan(&spec.rlimits)?,
            filter: filter::plan(seccomp, linux.seccomp.as_ref())?,
            persona: linux.personality.as_ref().map(|personality| match personality.domain {
                PersonalityDomain::Linux => 0,
                PersonalityDomain::Linux32 => PER_LINUX32,
            }),
        })
    }

    /// The value of a variable of the process's environment; the last one counts, as in Docker.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        let entries = self.spec.env.iter().rev();
        entries
            .filter_map(|entry| entry.split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }
}

fn words(field: &str, texts: &[String]) -> Result<Vec<CString>, RuntimeError> {
    let words = texts.iter().map(|text| CString::new(text.as_str())).collect::<Result<_, _>>();
    words.map_err(|_| RuntimeError::invalid(format!("`{field}` has an entry with a NUL byte")))
}
