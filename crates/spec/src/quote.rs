//! Quotes hostile text for an error message as Go's `time` package does.
//! Not a general string escaper.

/// `text` in double quotes; quotes and backslashes escaped, control and non-ASCII bytes as `\xNN`.
pub(crate) fn quote(text: &str) -> String {
    use std::fmt::Write;

    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => {
                quoted.push('\\');
                quoted.push(char::from(byte));
            }
            b' '..=0x7f => quoted.push(char::from(byte)),
            _ => write!(quoted, "\\x{byte:02x}").unwrap_or_default(),
        }
    }
    quoted.push('"');
    quoted
}
