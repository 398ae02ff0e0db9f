//! Reads `linux`, `arm64`, `linux/amd64`, `linux/arm/v7`.
//! Lists of platforms are the caller's to split.

use super::Platform;
use super::normalize::{HOST_ARCHITECTURE, architecture, system};
use crate::quote::quote;

/// Why a text names no platform; the words are Docker's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlatformError {
    /// A `*` in it.
    #[error("{}: wildcards not yet supported: invalid argument", quote(text))]
    Wildcard {
        /// The whole text.
        text: String,
    },
    /// The operating system has characters that none has.
    #[error(
        "{} is an invalid OS component of {}: OSAndVersion specifier component must match {}: invalid argument",
        quote(part),
        quote(text),
        quote(r"^([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.%-]*)((?:\+[A-Za-z0-9_.%-]+)*)\))?$")
    )]
    System {
        /// The part in question.
        part: String,
        /// The whole text.
        text: String,
    },
    /// Another part has characters that none has.
    #[error(
        "{} is an invalid component of {}: platform specifier component must match \"^[A-Za-z0-9_.-]+$\": invalid argument",
        quote(part),
        quote(text)
    )]
    Part {
        /// The part in question.
        part: String,
        /// The whole text.
        text: String,
    },
    /// A single word that is neither a system nor an architecture.
    #[error("{}: unknown operating system or architecture: invalid argument", quote(text))]
    Unknown {
        /// The whole text.
        text: String,
    },
    /// More than three parts.
    #[error("{}: cannot parse platform specifier: invalid argument", quote(text))]
    Form {
        /// The whole text.
        text: String,
    },
}

/// Reads a platform as Docker's `--platform` takes it; what is not said is this host's.
///
/// # Errors
/// [`PlatformError`].
pub fn parse(text: &str) -> Result<Platform, PlatformError> {
    if text.contains('*') {
        return Err(PlatformError::Wildcard { text: text.to_owned() });
    }
    let parts: Vec<&str> = text.splitn(4, '/').collect();
    let (name, os_version, os_features) = split_system(parts[0])
        .ok_or_else(|| PlatformError::System { part: parts[0].to_owned(), text: text.to_owned() })?;
    if let Some(part) = parts[1..].iter().find(|part| !is_word(part, "_.-")) {
        return Err(PlatformError::Part { part: (*part).to_owned(), text: text.to_owned() });
    }
    let os = system(name);
    let (os, (architecture, variant)) = match parts[..] {
        [_] if is_known_system(&os) => (os, (HOST_ARCHITECTURE.to_owned(), String::new())),
        [word] => {
            let pair = without_usual_variant(architecture(word, ""));
            if !is_known_architecture(&pair.0) {
                return Err(PlatformError::Unknown { text: text.to_owned() });
            }
            (system(""), pair)
        }
        [_, name] => (os, without_usual_variant(architecture(name, ""))),
        [_, name, variant] => (os, with_explicit_variant(architecture(name, variant))),
        _ => return Err(PlatformError::Form { text: text.to_owned() }),
    };
    Ok(Platform {
        os,
        architecture,
        variant: (!variant.is_empty()).then_some(variant),
        os_version,
        os_features,
    })
}

/// `linux(version+feature+feature)` in its three pieces; the brackets may be missing.
fn split_system(part: &str) -> Option<(&str, Option<String>, Vec<String>)> {
    let Some((name, options)) = part.split_once('(') else {
        return is_word(part, "_-").then_some((part, None, Vec::new()));
    };
    let mut options = options.strip_suffix(')')?.split('+');
    let version = options.next().unwrap_or_default();
    let features: Vec<&str> = options.collect();
    let is_option = |word: &&str| is_word(word, "_.%-");
    if !is_word(name, "_-") || !(version.is_empty() || is_option(&version)) || !features.iter().all(is_option)
    {
        return None;
    }
    let version = unescape(version)?;
    let features = features.into_iter().map(unescape).collect::<Option<Vec<_>>>()?;
    Some((name, (!version.is_empty()).then_some(version), features))
}

/// Undoes `%2F` and the like; none when a `%` is not followed by two hex digits or the bytes are no text.
fn unescape(word: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(word.len());
    let mut pieces = word.split('%');
    bytes.extend_from_slice(pieces.next()?.as_bytes());
    for piece in pieces {
        let (hex, rest) = piece.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(hex, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

fn is_word(text: &str, punctuation: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || punctuation.contains(c))
}

/// 32-bit ARM is v7 when nobody says more, and then Docker does not say it either.
fn without_usual_variant((name, variant): (String, String)) -> (String, String) {
    if name == "arm" && variant == "v7" { (name, String::new()) } else { (name, variant) }
}

/// What was written in full stays in full.
fn with_explicit_variant((name, variant): (String, String)) -> (String, String) {
    if name == "arm64" && variant.is_empty() { (name, "v8".to_owned()) } else { (name, variant) }
}

fn is_known_system(name: &str) -> bool {
    const SYSTEMS: [&str; 17] = [
        "aix",
        "android",
        "darwin",
        "dragonfly",
        "freebsd",
        "hurd",
        "illumos",
        "ios",
        "js",
        "linux",
        "nacl",
        "netbsd",
        "openbsd",
        "plan9",
        "solaris",
        "windows",
        "zos",
    ];
    SYSTEMS.contains(&name)
}

fn is_known_architecture(name: &str) -> bool {
    const ARCHITECTURES: [&str; 24] = [
        "386",
        "amd64",
        "amd64p32",
        "arm",
        "armbe",
        "arm64",
        "arm64be",
        "ppc64",
        "ppc64le",
        "loong64",
        "mips",
        "mipsle",
        "mips64",
        "mips64le",
        "mips64p32",
        "mips64p32le",
        "ppc",
        "riscv",
        "riscv64",
        "s390",
        "s390x",
        "sparc",
        "sparc64",
        "wasm",
    ];
    ARCHITECTURES.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(parse(text).unwrap_or_else(|error| panic!("{error}")).to_string(), expected, "{text}");
    }

    #[test]
    fn platforms_are_read_as_docker_reads_them() {
        let host = HOST_ARCHITECTURE;
        check("linux", &format!("linux/{host}"));
        check("macOS", &format!("darwin/{host}"));
        check("windows()", &format!("windows/{host}"));
        check("x86_64", "linux/amd64");
        check("Aarch64", "linux/arm64");
        check("armhf", "linux/arm");
        check("armel", "linux/arm/v6");
        check("i386", "linux/386");
        check("Linux/x86_64", "linux/amd64");
        check("linux/arm64", "linux/arm64");
        check("linux/arm64/v8", "linux/arm64/v8");
        check("linux/arm", "linux/arm");
        check("linux/arm/v7", "linux/arm/v7");
        check("linux/amd64/v1", "linux/amd64");
        check("linux/unheard-of", "linux/unheard-of");
    }

    #[test]
    fn version_and_features_stand_in_brackets() {
        let platform = parse("windows(10.0.17763%2Bbuild.42+win32k)/amd64").unwrap();
        assert_eq!(platform.os_version.as_deref(), Some("10.0.17763+build.42"));
        assert_eq!(platform.os_features, ["win32k"]);
        assert_eq!(parse("linux(+gpu+simd)").unwrap().os_features, ["gpu", "simd"]);
    }

    #[test]
    fn what_names_no_platform_is_told() {
        for (text, expected) in [
            ("linux/*", r#""linux/*": wildcards not yet supported: invalid argument"#),
            ("tea", r#""tea": unknown operating system or architecture: invalid argument"#),
            ("a/b/c/d", r#""a/b/c/d": cannot parse platform specifier: invalid argument"#),
            (
                "linux/",
                r#""" is an invalid component of "linux/": platform specifier component must match "^[A-Za-z0-9_.-]+$": invalid argument"#,
            ),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), expected);
        }
        for text in
            ["", "/amd64", "linux(", "linux(a", "linux(a)b", "linux(+)", "linux(%2)", "linux(%zz)", "lin ux"]
        {
            assert!(matches!(parse(text), Err(PlatformError::System { .. })), "{text}");
        }
    }
}
