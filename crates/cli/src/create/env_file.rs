//! Files of `NAME=value` lines (`--env-file`, `--label-file`).

use std::fs::File;
use std::io::Read as _;
use std::str;

use crate::failure::go_text;

/// Reads a file. A line without `=` takes its value from `lookup`, and is left out if there is none.
pub(crate) fn read(path: &str, lookup: impl Fn(&str) -> Option<String>) -> Result<Vec<String>, String> {
    let invalid = |why: String| format!("invalid env file ({path}): {why}");
    let mut file = File::open(path).map_err(|error| go_text("open", path, &error))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|error| invalid(go_text("read", path, &error)))?;
    parse(&bytes, lookup).map_err(invalid)
}

fn parse(bytes: &[u8], lookup: impl Fn(&str) -> Option<String>) -> Result<Vec<String>, String> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut lines = Vec::new();
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let text = str::from_utf8(line).map_err(|_| {
            let numbers: Vec<String> = line.iter().map(u8::to_string).collect();
            format!("invalid utf8 bytes at line {}: [{}]", index + 1, numbers.join(" "))
        })?;
        let text = text.trim_start();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let (name, value) = match text.split_once('=') {
            Some((name, _)) => (name, None),
            None => (text, Some(lookup(text))),
        };
        if name.is_empty() {
            return Err(format!("no variable name on line '{text}'"));
        }
        if name.contains([' ', '\t']) {
            return Err(format!("variable '{name}' contains whitespaces"));
        }
        match value {
            None => lines.push(text.to_owned()),
            Some(Some(value)) => lines.push(format!("{name}={value}")),
            Some(None) => {}
        }
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Vec<String>, String> {
        parse(text.as_bytes(), |name| (name == "HOME").then(|| "/root".to_owned()))
    }

    #[test]
    fn values_are_kept_as_they_are() {
        let lines =
            read_text("\u{feff}# comment\n\n  A=1 \r\nB= x=y # no comment\nC=\nHOME\nNOT_SET\n").unwrap();
        assert_eq!(lines, ["A=1 ", "B= x=y # no comment", "C=", "HOME=/root"]);
    }

    #[test]
    fn bad_lines_are_refused_with_dockers_texts() {
        assert_eq!(read_text("=x").unwrap_err(), "no variable name on line '=x'");
        assert_eq!(read_text("A B=x").unwrap_err(), "variable 'A B' contains whitespaces");
        assert_eq!(parse(b"A=1\n\xff", |_| None).unwrap_err(), "invalid utf8 bytes at line 2: [255]");
    }

    #[test]
    fn a_missing_file_is_named() {
        assert_eq!(read("/no/such", |_| None).unwrap_err(), "open /no/such: no such file or directory");
    }
}
