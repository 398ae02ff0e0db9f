//! Documents of vendors about their devices, JSON or YAML, to the edits that a device asks for.
#![no_main]

use corten_cdi::{DeviceName, Document};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = str::from_utf8(bytes) else { return };
    if let Some(name) = DeviceName::parse(text) {
        assert_eq!(name.to_string(), text);
        assert!(!text.starts_with('/'));
    }
    let Ok(document) = Document::parse(text) else { return };
    for device in &document.devices {
        let name = format!("{}={}", document.kind, device.name);
        assert!(DeviceName::parse(&name).is_some(), "{name}");
        assert!(device.container_edits.device_nodes.iter().all(|node| node.path.starts_with('/')));
    }
});
