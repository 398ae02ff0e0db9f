//! Manifests, indexes and configurations of images.
#![no_main]

use corten_spec::image::{ImageConfig, Index, Manifest};
use libfuzzer_sys::fuzz_target;
use serde::{Serialize, de::DeserializeOwned};

fuzz_target!(|bytes: &[u8]| {
    read_and_write::<Index>(bytes);
    read_and_write::<Manifest>(bytes);
    read_and_write::<ImageConfig>(bytes);
});

/// What was read can be written, and read again.
fn read_and_write<T: DeserializeOwned + Serialize>(bytes: &[u8]) {
    let Ok(document) = serde_json::from_slice::<T>(bytes) else { return };
    let written = serde_json::to_vec(&document).expect("a document that was read");
    serde_json::from_slice::<T>(&written).expect("a document that was written");
}
