//! The order in which people expect names.

/// A name in its parts, numbers by what they are worth: `v2` stands before `v10`.
pub(crate) fn natural(name: &str) -> Vec<(String, u128)> {
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let digits = rest.find(|sign: char| sign.is_ascii_digit()).unwrap_or(rest.len());
        let (text, after) = rest.split_at(digits);
        let end = after.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(after.len());
        let (number, after) = after.split_at(end);
        parts.push((text.to_owned(), number.parse().unwrap_or(0)));
        rest = after;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_the_order_that_people_expect() {
        let mut names = ["v10", "v2", "a", "v2b", "v"];
        names.sort_by_key(|name| natural(name));
        assert_eq!(names, ["a", "v", "v2", "v2b", "v10"]);
    }
}
