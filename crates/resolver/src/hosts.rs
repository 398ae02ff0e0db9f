//! The hosts file: addresses with the names that they have.
//!
//! Source: hosts(5).

use std::net::IpAddr;

/// The addresses that `text` gives for `name`, in its order. Lines that cannot be read are passed over, as everybody does.
pub(crate) fn addresses(text: &str, name: &str) -> Vec<IpAddr> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
    let matching = lines.filter_map(|line| {
        let mut words = line.split_whitespace();
        let address = words.next()?.parse().ok()?;
        words.any(|word| word.eq_ignore_ascii_case(name)).then_some(address)
    });
    matching.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_stand_anywhere_behind_an_address() {
        let text =
            "127.0.0.1 localhost\n::1\tlocalhost ip6 # me too\n#10.0.0.1 a\n10.0.0.2 b A # c\nnonsense a\n\n";
        let shown = |name| addresses(text, name).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(shown("localhost"), ["127.0.0.1", "::1"]);
        assert_eq!(shown("a"), ["10.0.0.2"]);
        assert!(shown("c").is_empty() && shown("10.0.0.2").is_empty() && shown("too").is_empty());
    }
}
