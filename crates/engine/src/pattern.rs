//! Filters by name, as Docker reads them: the text itself, or a regular expression of which a part of the text is enough.

/// Whether `text` passes the filter `wanted`. What is no regular expression passes nothing but itself.
pub(crate) fn matches(wanted: &str, text: &str) -> bool {
    wanted == text || regex_lite::Regex::new(wanted).is_ok_and(|pattern| pattern.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_part_is_enough_unless_the_pattern_says_otherwise() {
        assert!(matches("web", "web-1") && matches("^web-1$", "web-1") && matches("w.b", "web"));
        assert!(!matches("^web$", "web-1") && !matches("(", "x"));
        assert!(matches("a(", "a("));
    }
}
