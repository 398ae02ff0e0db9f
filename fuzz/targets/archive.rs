//! Reading an archive's members, without making anything of them.
#![no_main]

use corten_fuzz::tar::{self, Member};
use corten_layer_tar::{Archive, Limits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|members: Vec<Member>| {
    let bytes = tar::write(&members);
    let limits = Limits { entries: 1000, bytes: 1 << 20, ..Limits::default() };
    let mut archive = Archive::new(&bytes[..], &limits);
    while let Ok(Some(_)) = archive.next_entry() {
        while let Ok(chunk) = archive.chunk() {
            let length = chunk.len();
            if length == 0 {
                break;
            }
            archive.consume(length);
        }
    }
    assert!(archive.entries() <= limits.entries + 1);
});
