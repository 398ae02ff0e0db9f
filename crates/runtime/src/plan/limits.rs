//! Resource limits by name.
//!
//! Whether the caller may raise them is the kernel's to say.

use std::fmt;

use corten_spec::runtime::Rlimit as Spec;
use rustix::process::{Resource, Rlimit};

use crate::error::RuntimeError;

const NAMES: [(&str, Resource); 16] = [
    ("RLIMIT_AS", Resource::As),
    ("RLIMIT_CORE", Resource::Core),
    ("RLIMIT_CPU", Resource::Cpu),
    ("RLIMIT_DATA", Resource::Data),
    ("RLIMIT_FSIZE", Resource::Fsize),
    ("RLIMIT_LOCKS", Resource::Locks),
    ("RLIMIT_MEMLOCK", Resource::Memlock),
    ("RLIMIT_MSGQUEUE", Resource::Msgqueue),
    ("RLIMIT_NICE", Resource::Nice),
    ("RLIMIT_NOFILE", Resource::Nofile),
    ("RLIMIT_NPROC", Resource::Nproc),
    ("RLIMIT_RSS", Resource::Rss),
    ("RLIMIT_RTPRIO", Resource::Rtprio),
    ("RLIMIT_RTTIME", Resource::Rttime),
    ("RLIMIT_SIGPENDING", Resource::Sigpending),
    ("RLIMIT_STACK", Resource::Stack),
];

/// One limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Limit {
    name: &'static str,
    pub(crate) resource: Resource,
    /// `None` = without an end.
    pub(crate) soft: Option<u64>,
    pub(crate) hard: Option<u64>,
}

impl Limit {
    /// As setrlimit(2) takes it.
    pub(crate) fn values(&self) -> Rlimit {
        Rlimit { current: self.soft, maximum: self.hard }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |bound: Option<u64>| bound.map_or("unlimited".to_owned(), |bound| bound.to_string());
        write!(f, "{} to {}:{}", self.name, text(self.soft), text(self.hard))
    }
}

/// # Errors
/// A name that is no limit of Linux, or one that comes twice (`config.md` forbids it).
pub(super) fn plan(limits: &[Spec]) -> Result<Vec<Limit>, RuntimeError> {
    let mut planned: Vec<Limit> = Vec::with_capacity(limits.len());
    for limit in limits {
        let known = NAMES.iter().find(|(name, _)| *name == limit.kind);
        let &(name, resource) =
            known.ok_or_else(|| RuntimeError::invalid(format!("unknown rlimit `{}`", limit.kind)))?;
        if planned.iter().any(|planned| planned.resource == resource) {
            return Err(RuntimeError::invalid(format!("rlimit `{name}` is set twice")));
        }
        planned.push(Limit { name, resource, soft: bound(limit.soft), hard: bound(limit.hard) });
    }
    Ok(planned)
}

/// `u64::MAX` is `RLIM_INFINITY`.
fn bound(value: u64) -> Option<u64> {
    (value != u64::MAX).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(kind: &str, soft: u64) -> Spec {
        Spec { kind: kind.into(), soft, hard: u64::MAX }
    }

    #[test]
    fn the_largest_number_is_no_limit() {
        let planned = plan(&[limit("RLIMIT_NOFILE", 1024)]).unwrap();
        assert_eq!(planned[0].values(), Rlimit { current: Some(1024), maximum: None });
        assert_eq!(planned[0].to_string(), "RLIMIT_NOFILE to 1024:unlimited");
    }

    #[test]
    fn unknown_and_repeated_limits_are_refused_by_name() {
        let unknown = plan(&[limit("RLIMIT_HOPE", 1)]).unwrap_err();
        assert_eq!(unknown.to_string(), "invalid configuration: unknown rlimit `RLIMIT_HOPE`");
        let twice = plan(&[limit("RLIMIT_CPU", 1), limit("RLIMIT_CPU", 2)]).unwrap_err();
        assert_eq!(twice.to_string(), "invalid configuration: rlimit `RLIMIT_CPU` is set twice");
    }
}
