//! `--cap-add` and `--cap-drop` in the one spelling that engines compare: `CAP_` and upper case.

/// Sorted, each once; `None` for an empty list. `ALL` makes the others pointless.
pub(super) fn normalize(names: &[String]) -> Option<Vec<String>> {
    let mut normal: Vec<String> = names
        .iter()
        .map(|name| match name.to_uppercase() {
            name if name == "ALL" || name.starts_with("CAP_") => name,
            name => format!("CAP_{name}"),
        })
        .collect();
    normal.sort();
    normal.dedup();
    (!normal.is_empty()).then_some(normal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_capability_are_one() {
        let names = ["net_admin", "CAP_NET_ADMIN", "ALL", "cap_chown"].map(str::to_owned);
        assert_eq!(normalize(&names).unwrap(), ["ALL", "CAP_CHOWN", "CAP_NET_ADMIN"]);
        assert_eq!(normalize(&[]), None);
    }
}
