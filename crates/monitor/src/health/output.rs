//! The beginning of what a probe writes, as Docker keeps it.

/// How many bytes are kept (moby's `maxOutputLen`).
pub(super) const KEPT: usize = 4096;

/// What has come so far.
#[derive(Debug, Default)]
pub(super) struct Output {
    bytes: Vec<u8>,
    truncated: bool,
}

impl Output {
    /// Takes more in.
    pub(super) fn push(&mut self, more: &[u8]) {
        let room = (KEPT - self.bytes.len()).min(more.len());
        self.bytes.extend_from_slice(&more[..room]);
        self.truncated |= room < more.len();
    }

    /// As text: what is no UTF-8 is replaced byte by byte, as Go's JSON does; an ellipsis says that there was more.
    pub(super) fn text(&self) -> String {
        let mut text = String::with_capacity(self.bytes.len());
        for chunk in self.bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
        }
        if self.truncated {
            text.push_str("...");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_beginning_is_kept_and_that_there_was_more_is_said() {
        let mut output = Output::default();
        output.push(&[b'a'; 4000]);
        output.push(&[b'b'; 96]);
        assert_eq!(output.text().len(), KEPT);
        output.push(b"c");
        output.push(&[b'd'; 70_000]);
        assert!(output.text().ends_with("b..."));
        assert_eq!(output.text().len(), KEPT + 3);
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced_one_by_one() {
        let mut output = Output::default();
        output.push(b"a\xe2\x82b\xff");
        assert_eq!(output.text(), "a\u{fffd}\u{fffd}b\u{fffd}");
    }
}
