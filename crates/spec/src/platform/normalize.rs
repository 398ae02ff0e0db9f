//! One spelling for each platform.
//! Names that nobody knows stay as they are, in lower case.

use super::Platform;

/// Go's name of the architecture that this was built for.
pub(super) const HOST_ARCHITECTURE: &str = if cfg!(target_arch = "x86_64") {
    "amd64"
} else if cfg!(target_arch = "aarch64") {
    "arm64"
} else if cfg!(target_arch = "arm") {
    "arm"
} else if cfg!(target_arch = "riscv64") {
    "riscv64"
} else {
    std::env::consts::ARCH
};

impl Platform {
    /// The same platform in the spelling that others are compared in: `x86_64` is `amd64`, 64-bit ARM has no `v8`,
    /// 32-bit ARM is `v7` unless it says otherwise, an empty system is this one's.
    #[must_use]
    pub fn normalize(&self) -> Self {
        let (architecture, variant) =
            architecture(&self.architecture, self.variant.as_deref().unwrap_or_default());
        let mut os_features = self.os_features.clone();
        os_features.sort();
        os_features.dedup();
        Self {
            os: system(&self.os),
            architecture,
            variant: (!variant.is_empty()).then_some(variant),
            os_version: self.os_version.clone(),
            os_features,
        }
    }
}

/// The usual name of an operating system.
pub(super) fn system(name: &str) -> String {
    match name.to_lowercase().as_str() {
        "" => std::env::consts::OS.to_owned(),
        "macos" => "darwin".to_owned(),
        lower => lower.to_owned(),
    }
}

/// The usual names of an architecture and its variant; an empty variant is the base one.
pub(super) fn architecture(name: &str, variant: &str) -> (String, String) {
    let (name, variant) = (name.to_lowercase(), variant.to_lowercase());
    let (name, variant) = match (name.as_str(), variant.as_str()) {
        ("i386", _) => ("386", ""),
        ("x86_64" | "x86-64" | "amd64", "v1") => ("amd64", ""),
        ("x86_64" | "x86-64" | "amd64", other) => ("amd64", other),
        ("aarch64" | "arm64", "8" | "v8" | "v8.0") => ("arm64", ""),
        ("aarch64" | "arm64", "9" | "9.0" | "v9.0") => ("arm64", "v9"),
        ("aarch64" | "arm64", other) => ("arm64", other),
        ("armhf", _) => ("arm", "v7"),
        ("armel", _) => ("arm", "v6"),
        ("arm", "" | "7") => ("arm", "v7"),
        ("arm", "5") => ("arm", "v5"),
        ("arm", "6") => ("arm", "v6"),
        ("arm", "8") => ("arm", "v8"),
        (name, variant) => (name, variant),
    };
    (name.to_owned(), variant.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_comes_to_the_usual_one() {
        for (os, name, variant, expected) in [
            ("Linux", "x86_64", "", "linux/amd64"),
            ("linux", "x86-64", "v1", "linux/amd64"),
            ("linux", "AMD64", "V3", "linux/amd64/v3"),
            ("linux", "i386", "v1", "linux/386"),
            ("linux", "aarch64", "v8", "linux/arm64"),
            ("linux", "arm64", "8", "linux/arm64"),
            ("linux", "arm64", "9", "linux/arm64/v9"),
            ("linux", "armhf", "", "linux/arm/v7"),
            ("linux", "armel", "", "linux/arm/v6"),
            ("linux", "arm", "", "linux/arm/v7"),
            ("linux", "arm", "5", "linux/arm/v5"),
            ("macOS", "arm64", "", "darwin/arm64"),
            ("linux", "riscv64", "", "linux/riscv64"),
        ] {
            let platform = Platform { variant: Some(variant.to_owned()), ..Platform::new(os, name) };
            assert_eq!(platform.normalize().to_string(), expected);
        }
    }
}
