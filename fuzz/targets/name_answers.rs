//! Answers of name servers: read or passed over, and only what belongs to the question.
#![no_main]

use corten_resolver::message::{Answer, Kind, Question};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (bool, bool, u8, Vec<u8>)| {
    let (is_six, has_question, count, tail) = input;
    let kind = if is_six { Kind::Aaaa } else { Kind::A };
    let question = Question { id: 0x0102, name: "registry.example".to_owned(), kind };
    let bytes = if has_question {
        // Most noise would stop at the header; this gets to the records.
        let mut bytes = question.encode().expect("a name");
        bytes[2] = 0x80;
        bytes[7] = count;
        bytes.extend(tail);
        bytes
    } else {
        tail
    };
    if let Some(Answer::Addresses(addresses)) = question.answer(&bytes) {
        assert!(addresses.iter().all(|address| address.is_ipv6() == is_six));
    }
});
