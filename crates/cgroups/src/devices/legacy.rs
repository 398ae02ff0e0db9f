//! Device rules as lines for v1's `devices.allow` and `devices.deny`. Pure.

use crate::devices::policy::Policy;
use crate::plan::Write;

/// The writes that bring a new cgroup, which has its parent's rules, to `policy`.
pub(crate) fn plan(policy: &Policy) -> Vec<Write> {
    if policy.allows_all() {
        // Not even `a`: in a nested engine the parent may forbid devices, and `a` would be refused.
        return Vec::new();
    }
    let (default, exception) =
        if policy.allow { ("devices.allow", "devices.deny") } else { ("devices.deny", "devices.allow") };
    let lines = policy
        .exceptions
        .iter()
        .map(|(which, access)| Write::new(exception, format!("{} {}", which.text(), access.letters())));
    std::iter::once(Write::new(default, "a")).chain(lines).collect()
}
