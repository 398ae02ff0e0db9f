//! `--security-opt`: profiles are read here, since the engine may not see the client's files.

use std::fs;

use crate::failure::go_text;

/// What `--security-opt` says, sorted out.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Security {
    /// For the engine, a seccomp profile as its JSON.
    pub(super) options: Vec<String>,
    /// `systempaths=unconfined`: nothing is masked or read-only.
    pub(super) bare_system_paths: bool,
}

/// Checks the options and replaces files of seccomp profiles by their content.
pub(super) fn parse(options: &[String]) -> Result<Security, String> {
    let mut security = Security::default();
    for option in options {
        if option == "systempaths=unconfined" {
            security.bare_system_paths = true;
        } else {
            security.options.push(read(option)?);
        }
    }
    Ok(security)
}

fn read(option: &str) -> Result<String, String> {
    if option == "no-new-privileges" {
        return Ok(option.to_owned());
    }
    let (key, value) = option
        .split_once('=')
        .or_else(|| option.split_once(':'))
        .filter(|(key, value)| !value.is_empty() || *key == "no-new-privileges")
        .ok_or_else(|| format!("Invalid --security-opt: {option:?}"))?;
    if key != "seccomp" || matches!(value, "builtin" | "unconfined") {
        return Ok(option.to_owned());
    }
    let text = fs::read_to_string(value).map_err(|error| {
        format!("opening seccomp profile ({value}) failed: {}", go_text("open", value, &error))
    })?;
    let profile: serde_json::Value = serde_json::from_str(&text)
        .map_err(|error| format!("compacting json for seccomp profile ({value}) failed: {error}"))?;
    Ok(format!("seccomp={profile}"))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn parse_one(option: &str) -> Result<Security, String> {
        parse(&[option.to_owned()])
    }

    #[test]
    fn a_profile_is_sent_as_its_content() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"{ \"defaultAction\":  \"SCMP_ACT_ALLOW\" }\n").unwrap();
        let security = parse_one(&format!("seccomp={}", file.path().display())).unwrap();
        assert_eq!(security.options, [r#"seccomp={"defaultAction":"SCMP_ACT_ALLOW"}"#]);
    }

    #[test]
    fn well_known_names_stay() {
        for option in ["seccomp=unconfined", "no-new-privileges", "label:disable", "apparmor=x"] {
            assert_eq!(parse_one(option).unwrap().options, [option]);
        }
        assert!(parse_one("systempaths=unconfined").unwrap().bare_system_paths);
    }

    #[test]
    fn what_has_no_value_is_refused() {
        assert_eq!(parse_one("seccomp").unwrap_err(), r#"Invalid --security-opt: "seccomp""#);
        assert_eq!(
            parse_one("seccomp=/no/such").unwrap_err(),
            "opening seccomp profile (/no/such) failed: open /no/such: no such file or directory"
        );
    }
}
