//! Messages as text, for golden tests.

use crate::message::header_length;

/// Each message with its kind and flags, the `fixed` bytes of its body, and its attributes by kind; those with others in them
/// are followed by these.
pub(crate) fn show(mut bytes: &[u8], fixed: usize) -> String {
    let mut text = String::new();
    while let Some(length) = bytes.first_chunk().copied().map(u32::from_ne_bytes) {
        let (message, rest) = bytes.split_at(length as usize);
        let short = |at: usize| u16::from_ne_bytes([message[at], message[at + 1]]);
        let body = &message[header_length()..];
        let (fixed, attributes) = body.split_at(fixed.min(body.len()));
        text += &format!("{:#06x} flags {:#x} {}\n", short(4), short(6), hex(fixed));
        text += &attributes_as_text(attributes, 1);
        bytes = rest;
    }
    text
}

fn attributes_as_text(mut bytes: &[u8], depth: usize) -> String {
    let mut text = String::new();
    while let Some(&[a, b, c, d]) = bytes.first_chunk() {
        let length = usize::from(u16::from_ne_bytes([a, b]));
        let kind = u16::from_ne_bytes([c, d]);
        let value = &bytes[4..length];
        let indent = "  ".repeat(depth);
        let inner = match value.strip_suffix(&[0]) {
            _ if kind & 0x8000 != 0 => format!("\n{}", attributes_as_text(value, depth + 1)),
            Some(string) if string.len() > 1 && string.iter().all(u8::is_ascii_graphic) => {
                format!(" {:?}\n", String::from_utf8_lossy(string))
            }
            _ => format!(" {}\n", hex(value)),
        };
        text += &format!("{indent}{}{inner}", kind & 0x3fff);
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    text
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
