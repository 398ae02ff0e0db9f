//! Packets to a monitor and from it.
#![no_main]

use corten_monitor::protocol::{Envelope, Reply};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(request) = serde_json::from_slice::<Envelope>(bytes) {
        let written = serde_json::to_vec(&request).expect("a request that was read");
        serde_json::from_slice::<Envelope>(&written).expect("a request that was written");
    }
    if let Ok(reply) = serde_json::from_slice::<Reply>(bytes) {
        let written = serde_json::to_vec(&reply).expect("a reply that was read");
        serde_json::from_slice::<Reply>(&written).expect("a reply that was written");
    }
});
