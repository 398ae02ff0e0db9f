//! The configuration of a bundle.
#![no_main]

use corten_spec::runtime::Spec;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(spec) = serde_json::from_slice::<Spec>(bytes) else { return };
    let written = serde_json::to_vec(&spec).expect("a configuration that was read");
    serde_json::from_slice::<Spec>(&written).expect("a configuration that was written");
});
