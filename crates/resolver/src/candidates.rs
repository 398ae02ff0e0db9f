//! The full names that a name may mean, in the order in which they are asked for.
//!
//! Source: resolv.conf(5), `search` and `ndots`.

use crate::resolv_conf::Settings;

/// A name with a dot at its end, or with enough dots, is tried as it is first; domains of the search list follow, or come before it.
pub(crate) fn candidates(name: &str, settings: &Settings) -> Vec<String> {
    if let Some(full) = name.strip_suffix('.') {
        return vec![full.to_owned()];
    }
    let own = [name.to_owned()];
    let domains = settings.search.iter().filter(|domain| !domain.is_empty());
    let in_domains = domains.map(|domain| format!("{name}.{domain}"));
    let has_dots = name.matches('.').count() >= settings.dots;
    if has_dots { own.into_iter().chain(in_domains).collect() } else { in_domains.chain(own).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_decide_what_is_tried_first() {
        let settings = Settings::parse("search a.example b.example\n");
        assert_eq!(candidates("x", &settings), ["x.a.example", "x.b.example", "x"]);
        assert_eq!(candidates("x.y", &settings), ["x.y", "x.y.a.example", "x.y.b.example"]);
        assert_eq!(candidates("x.", &settings), ["x"]);
        assert_eq!(candidates("x", &Settings::parse("")), ["x"]);
    }
}
