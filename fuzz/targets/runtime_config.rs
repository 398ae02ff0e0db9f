//! The configuration of a bundle, and what the runtime plans to do about it.
#![no_main]

use corten_runtime::launch::{Launch, RootSource, SeccompSource, UserSource};
use corten_spec::runtime::Spec;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(spec) = serde_json::from_slice::<Spec>(bytes) else { return };
    let written = serde_json::to_vec(&spec).expect("a configuration that was read");
    let again = serde_json::from_slice::<Spec>(&written).expect("a configuration that was written");
    assert_eq!(verdict(spec), verdict(again));
});

/// Why the configuration is refused, if it is.
fn verdict(spec: Spec) -> Option<String> {
    let launch = Launch {
        id: "fuzzed".to_owned(),
        spec,
        root: RootSource::Directory("/nonexistent".into()),
        user: UserSource::Spec,
        cgroup_path: "/fuzzed".to_owned(),
        seccomp: SeccompSource::Spec,
        init: false,
        joined: Vec::new(),
        awaits_network: false,
        bundle: None,
    };
    launch.check().err().map(|error| error.to_string())
}
