//! Names of images: what was read means the same when it is written and read again.
#![no_main]

use corten_spec::reference::Reference;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(reference) = Reference::parse(text) else { return };
    assert_eq!(Reference::parse(&reference.to_string()).as_ref(), Ok(&reference));
    // Only what looks like an image's id cannot be read as a name again.
    if let Ok(again) = Reference::parse(&reference.familiar()) {
        assert_eq!(again, reference);
    }
    let tagged = reference.with_default_tag();
    assert!(tagged.tag().is_some() || tagged.digest().is_some());
    // Any text may be a pattern.
    let _ = tagged.matches(text);
});
