//! What may be done with devices.

use corten_spec::runtime::{DeviceKind, DeviceRule};

use crate::bundle::Bundle;
use crate::harness::Test;

pub(crate) const TESTS: &[Test] = &[
    (
        "the_usual_devices_are_usable_whatever_the_rules_say",
        the_usual_devices_are_usable_whatever_the_rules_say,
    ),
    ("other_devices_need_a_rule", other_devices_need_a_rule),
    (
        "an_update_may_repeat_the_rules_but_not_change_them",
        an_update_may_repeat_the_rules_but_not_change_them,
    ),
];

/// No driver: a node of it can be made, and opening it answers so once the rules let it through.
const NOBODYS: &str = "240:77";

fn nobody(allow: bool) -> DeviceRule {
    DeviceRule {
        allow,
        kind: Some(DeviceKind::Char),
        major: Some(240),
        minor: Some(77),
        access: "rwm".into(),
    }
}

fn ban() -> DeviceRule {
    DeviceRule { allow: false, access: "rwm".into(), ..DeviceRule::default() }
}

/// Makes the device in a container with these rules and tells what opening it answered.
fn open(number: &str, rules: Vec<DeviceRule>) -> String {
    // Where devices are not off, which they are in `/dev/shm`.
    let mut bundle = Bundle::new(&["node", "/dev/new", number]);
    let sets = bundle.process().capabilities.get_or_insert_default();
    for set in [&mut sets.bounding, &mut sets.effective, &mut sets.permitted] {
        set.push("CAP_MKNOD".into());
    }
    bundle.linux().resources.get_or_insert_default().devices = rules;
    let ran = bundle.run_container();
    assert_eq!(ran.status, 0, "{ran:?}");
    bundle.assert_clean();
    ran.stdout
}

fn the_usual_devices_are_usable_whatever_the_rules_say() {
    for rules in [vec![], vec![ban()], vec![DeviceRule { allow: true, ..ban() }]] {
        assert_eq!(open("1:3", rules.clone()), "opened\n", "{rules:?}");
    }
}

fn other_devices_need_a_rule() {
    assert_eq!(open(NOBODYS, vec![]), "PermissionDenied\n");
    assert_eq!(open(NOBODYS, vec![ban()]), "PermissionDenied\n");
    assert_ne!(open(NOBODYS, vec![nobody(true)]), "PermissionDenied\n");
    assert_ne!(open(NOBODYS, vec![DeviceRule { allow: true, ..ban() }]), "PermissionDenied\n");
}

fn an_update_may_repeat_the_rules_but_not_change_them() {
    let mut bundle = Bundle::new(&["wait"]);
    bundle.linux().resources.get_or_insert_default().devices = vec![ban(), nobody(true)];
    bundle.write();
    assert_eq!(bundle.detached(&["create", "--bundle", bundle.path().to_str().unwrap(), &bundle.name]), 0);
    for (rules, status) in [(vec![ban(), nobody(true)], 0), (vec![], 0), (vec![ban(), nobody(false)], 1)] {
        let limits = bundle.path().join("limits.json");
        let document = serde_json::json!({"pids": {"limit": 20}, "devices": rules});
        std::fs::write(&limits, document.to_string()).unwrap();
        let ran = bundle.run(&["update", "--resources", limits.to_str().unwrap(), &bundle.name]);
        assert_eq!(ran.status, status, "{ran:?}");
    }
    assert_eq!(bundle.run(&["delete", &bundle.name]).status, 0);
    bundle.assert_clean();
}
