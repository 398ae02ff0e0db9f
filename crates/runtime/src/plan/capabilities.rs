//! The five capability sets as bits.
//!
//! What the caller itself lacks is taken off when they are set: the specification lets a runtime go on past what cannot be granted.

use corten_spec::runtime::{Capabilities, capability};
use rustix::thread::CapabilitySet;

/// The sets of capabilities(7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CapabilityPlan {
    pub(crate) bounding: CapabilitySet,
    pub(crate) effective: CapabilitySet,
    pub(crate) permitted: CapabilitySet,
    pub(crate) inheritable: CapabilitySet,
    pub(crate) ambient: CapabilitySet,
}

impl CapabilityPlan {
    /// Absent means none in any set. A name that this build does not know is passed over, as `config.md` (process) allows.
    pub(super) fn new(spec: Option<&Capabilities>) -> Self {
        let none = Capabilities::default();
        let spec = spec.unwrap_or(&none);
        Self {
            bounding: set(&spec.bounding),
            effective: set(&spec.effective),
            permitted: set(&spec.permitted),
            inheritable: set(&spec.inheritable),
            ambient: set(&spec.ambient),
        }
    }
}

fn set(names: &[String]) -> CapabilitySet {
    let known = names.iter().filter_map(|name| capability::parse(name).ok());
    CapabilitySet::from_bits_retain(known.fold(0, |bits, capability| bits | capability.mask()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_bits_and_unknown_ones_are_passed_over() {
        let spec = Capabilities {
            effective: vec!["CAP_CHOWN".into(), "CAP_OF_TOMORROW".into(), "CAP_KILL".into()],
            ..Capabilities::default()
        };
        let plan = CapabilityPlan::new(Some(&spec));
        assert_eq!(plan.effective, CapabilitySet::CHOWN | CapabilitySet::KILL);
        assert_eq!(plan.permitted, CapabilitySet::empty());
    }
}
