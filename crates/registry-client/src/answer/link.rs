//! `Link`: where a list goes on.
//! Whether one may go there is [`super::redirect`]'s.
//!
//! Source: RFC 8288, section 3; OCI distribution-spec, "Listing tags".

/// The longest header that is read.
const LONGEST: usize = 16 * 1024;

/// The target of the first link whose relation is `next`, as it is written there.
pub fn next(text: &str) -> Option<&str> {
    let mut rest = text.get(..LONGEST.min(text.len()))?;
    while let Some(start) = rest.find('<') {
        let (target, behind) = rest[start + 1..].split_once('>')?;
        let end = end_of_parameters(behind);
        if behind[..end].split(';').any(is_next) {
            return Some(target.trim());
        }
        rest = &behind[end..];
    }
    None
}

/// Where the next link begins: at a comma that stands in no quoted string.
fn end_of_parameters(text: &str) -> usize {
    let mut is_quoted = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b',' if !is_quoted => return at,
            _ => {}
        }
    }
    text.len()
}

fn is_next(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else { return false };
    let relations = value.trim().trim_matches('"');
    name.trim().eq_ignore_ascii_case("rel")
        && relations.split_whitespace().any(|relation| relation.eq_ignore_ascii_case("next"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_among_others() {
        assert_eq!(next(r#"</v2/a/tags/list?n=2&last=b>; rel="next""#), Some("/v2/a/tags/list?n=2&last=b"));
        assert_eq!(next("<a>;rel=prev, <b> ; title=\"x, <c>; rel=next\" ; REL = \"last Next\""), Some("b"));
        assert_eq!(next("<a>; rel=next, <b>; rel=next"), Some("a"));
    }

    #[test]
    fn what_leads_nowhere_is_no_link() {
        for text in
            ["", "<a>", "<a; rel=next", "a; rel=next", "<a>; rel=nextish", "<a>; xrel=next", "<a>; rel"]
        {
            assert_eq!(next(text), None, "{text}");
        }
    }
}
