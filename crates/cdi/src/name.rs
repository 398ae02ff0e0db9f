//! Names of devices: `vendor.com/class=name`.

use std::fmt;

/// The full name of a device.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceName {
    /// `vendor.com/class`.
    pub kind: String,
    /// The device among its kind.
    pub name: String,
}

impl DeviceName {
    /// Reads a full name; `None` for what is none, such as a path.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, name) = text.split_once('=')?;
        (is_kind(kind) && is_name(name)).then(|| Self { kind: kind.to_owned(), name: name.to_owned() })
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.kind, self.name)
    }
}

/// Whether a text is `vendor.com/class`.
pub(crate) fn is_kind(text: &str) -> bool {
    let part =
        |text: &str| text.starts_with(|first: char| first.is_ascii_alphabetic()) && is_word(text, "_-.");
    text.split_once('/').is_some_and(|(vendor, class)| part(vendor) && part(class))
}

/// Whether a text names a device among its kind.
pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphanumeric()) && is_word(text, "_-.:")
}

/// Letters, digits and some others, which do not stand at the end.
fn is_word(text: &str, others: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c))
        && text.ends_with(|last: char| last.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::DeviceName;

    #[test]
    fn a_name_has_three_parts() {
        for name in ["vendor.com/class=name", "nvidia.com/gpu=0", "v/c=GPU-1:2", "a-b/c_d=x.y"] {
            assert_eq!(DeviceName::parse(name).unwrap().to_string(), name);
        }
    }

    #[test]
    fn paths_and_halves_are_no_names() {
        for text in
            ["/dev/a", "/dev/a=b", "a=b", "v/c", "v/c=", "v/=x", "1v/c=x", "v/c=x-", "v/c=a/b", "v-/c=x", ""]
        {
            assert_eq!(DeviceName::parse(text), None, "{text}");
        }
    }
}
