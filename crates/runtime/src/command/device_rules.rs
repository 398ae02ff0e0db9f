//! Which devices a container of a bundle may use: runc's rules around those of the configuration.
//!
//! It only makes the list; the engine's containers have a list of their own.

use corten_spec::runtime::{DeviceKind, DeviceRule, Linux};

/// `net/tun`: runc took it away once and had to give it back, because nobody above it asks for it.
const TUN: (i64, i64) = (10, 200);

/// Completes the rules of a configuration as runc does, with or without rules of its own: everything is forbidden before them,
/// and the usual devices are allowed after them, whatever they said of those.
pub(super) fn complete(linux: &mut Linux) {
    let resources = linux.resources.get_or_insert_default();
    let mut rules = vec![DeviceRule::forbid_all()];
    rules.append(&mut resources.devices);
    rules.extend(DeviceRule::usual());
    rules.push(DeviceRule::allow(DeviceKind::Char, Some(TUN.0), Some(TUN.1), "rwm"));
    resources.devices = rules;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_of_the_configuration_stand_between_the_ban_and_the_usual_devices() {
        let own = DeviceRule::allow(DeviceKind::Block, Some(8), Some(0), "r");
        let mut linux = Linux::default();
        linux.resources.get_or_insert_default().devices = vec![own.clone()];
        complete(&mut linux);
        let rules = linux.resources.unwrap_or_default().devices;
        assert!(!rules[0].allow && rules[0].kind.is_none());
        assert_eq!(rules[1], own);
        assert!(rules[2..].contains(&DeviceRule::allow(DeviceKind::Char, Some(1), Some(3), "rwm")));
    }
}
