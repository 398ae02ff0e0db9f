//! The runtime's own program, and what it could be made to load.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::start;
use crate::bundle::Bundle;
use crate::harness::Test;
use crate::probe;

pub(super) const TESTS: &[Test] =
    &[("the_runtime_cannot_be_written_to_from_inside", the_runtime_cannot_be_written_to_from_inside)];

/// CVE-2019-5736: whatever runs `#!/proc/self/exe` is the runtime, inside the container.
fn the_runtime_cannot_be_written_to_from_inside() {
    let mut bundle = Bundle::new(&[]);
    let script = bundle.rootfs().join("evil");
    fs::write(&script, "#!/proc/self/exe\n").unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    bundle.process().args = vec![probe::SCRIPT.to_owned()];
    let ran = bundle.run_container();
    assert_eq!(ran.stdout, "own program read-only: true\n", "{ran:?}");

    bundle.process().args = vec![probe::PATH.to_owned(), "wait".to_owned()];
    start(&bundle);
    let entered = bundle.run(&["exec", &bundle.name, probe::SCRIPT]);
    assert_eq!(entered.stdout, "own program read-only: true\n", "{entered:?}");
}
