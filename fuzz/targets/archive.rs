//! Reading an archive's members, without making anything of them.
#![no_main]

use corten_fuzz::tar::{self, Member};
use corten_layer_tar::{Archive, Chunk, Limits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|members: Vec<Member>| {
    let bytes = tar::write(&members);
    let limits = Limits { entries: 1000, bytes: 1 << 20, fragments: 100, ..Limits::default() };
    let mut archive = Archive::new(&bytes[..], &limits);
    let mut holes = 0;
    while let Ok(Some(entry)) = archive.next_entry() {
        let mut size = 0;
        let complete = loop {
            let length = match archive.chunk() {
                Ok(Chunk::Data(data)) => data.len() as u64,
                Ok(Chunk::Hole(hole)) => {
                    holes += hole;
                    hole
                }
                Ok(Chunk::End) => break true,
                Err(_) => break false,
            };
            assert_ne!(length, 0);
            size += length;
            archive.consume(length);
        };
        assert!(!complete || size == entry.size, "{size} of {}", entry.size);
    }
    assert!(holes <= limits.holes);
    assert!(archive.entries() <= limits.entries + 1);
});
