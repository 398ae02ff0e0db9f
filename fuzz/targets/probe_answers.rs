//! Answers to health probes over HTTP: a status, nonsense, or not finished yet, and the same however the bytes arrive.
#![no_main]

use corten_monitor::health::http::{Answer, MOST, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let bytes = &bytes[..bytes.len().min(MOST)];
    let whole = read(bytes);
    if let Answer::Status(code, words) = &whole {
        assert!(*code < 1000 && !(100..200).contains(code));
        // It goes into a report that people read on terminals.
        assert!(words.bytes().all(|byte| byte == b'\t' || (b' '..0x7f).contains(&byte)));
    }
    // What is known of a beginning, more bytes do not change.
    for cut in 0..bytes.len().min(128) {
        let beginning = read(&bytes[..cut]);
        assert!(beginning == Answer::Unfinished || beginning == whole);
    }
});
