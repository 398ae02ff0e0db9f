//! Byte sizes as Docker reads and writes them.

mod general;

use general::general;

/// Why a text is not a size; the texts are Docker's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SizeError {
    /// No number in it, or a negative one.
    #[error("invalid size: '{text}'")]
    Invalid {
        /// The whole text.
        text: String,
    },
    /// The number is malformed.
    #[error("strconv.ParseFloat: parsing \"{number}\": invalid syntax")]
    Number {
        /// The number.
        number: String,
    },
    /// The size does not fit 63 bits.
    #[error("strconv.ParseFloat: parsing \"{number}\": value out of range")]
    Range {
        /// The number.
        number: String,
    },
    /// A unit that is not known.
    #[error("invalid suffix: '{suffix}'")]
    Suffix {
        /// The unit as shown in the message: in lower case unless it is too long to be one.
        suffix: String,
    },
}

/// Reads `512m`, `1.5 GiB`, `64kb`: units are powers of 1024, in any case, with or without `b` or `ib`; none means bytes.
///
/// # Errors
/// [`SizeError`].
pub fn parse_bytes(text: &str) -> Result<i64, SizeError> {
    parse(text, 1024)
}

/// Reads the same with units that are powers of 1000.
///
/// # Errors
/// [`SizeError`].
pub fn parse_decimal_bytes(text: &str) -> Result<i64, SizeError> {
    parse(text, 1000)
}

fn parse(text: &str, base: u64) -> Result<i64, SizeError> {
    let (number, suffix) = split(text)?;
    let value = parse_number(number)?;
    if value < 0.0 {
        return Err(SizeError::Invalid { text: text.to_owned() });
    }
    let bytes = value * multiplier(suffix, base)?;
    // 2^63 as a double: from here on the conversion would not fit.
    if bytes >= 9_223_372_036_854_775_808.0 {
        return Err(SizeError::Range { number: number.to_owned() });
    }
    Ok(bytes as i64)
}

/// The number and its unit: parted by the first space, or else after the last digit or point.
fn split(text: &str) -> Result<(&str, &str), SizeError> {
    if let Some(parts) = text.split_once(' ') {
        return Ok(parts);
    }
    match text.rfind(|c: char| c.is_ascii_digit() || c == '.') {
        Some(last) => Ok(text.split_at(last + 1)),
        None => Err(SizeError::Invalid { text: text.to_owned() }),
    }
}

fn parse_number(number: &str) -> Result<f64, SizeError> {
    // Words such as `inf` and `nan` are numbers to Rust and to Go, but no sizes.
    let is_decimal =
        number.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    let value: f64 = match number.parse() {
        Ok(value) if is_decimal => value,
        _ => return Err(SizeError::Number { number: number.to_owned() }),
    };
    if value.is_infinite() {
        return Err(SizeError::Range { number: number.to_owned() });
    }
    Ok(value)
}

fn multiplier(suffix: &str, base: u64) -> Result<f64, SizeError> {
    if suffix.len() > 3 {
        return Err(SizeError::Suffix { suffix: suffix.to_owned() });
    }
    let lower = suffix.to_lowercase();
    let power = match lower.as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 1,
        "m" | "mb" | "mib" => 2,
        "g" | "gb" | "gib" => 3,
        "t" | "tb" | "tib" => 4,
        "p" | "pb" | "pib" => 5,
        _ => return Err(SizeError::Suffix { suffix: lower }),
    };
    Ok(base.pow(power) as f64)
}

const DECIMAL_UNITS: [&str; 9] = ["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
const BINARY_UNITS: [&str; 9] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"];

/// Three digits in powers of 1000, as Docker shows image sizes: `7.8MB`, `1.02kB`.
pub fn human_size(bytes: u64) -> String {
    human_size_with(bytes, 3)
}

/// The same with `digits` significant digits.
pub fn human_size_with(bytes: u64, digits: usize) -> String {
    scale(bytes, 1000.0, &DECIMAL_UNITS, digits)
}

/// Four digits in powers of 1024, as Docker shows memory: `1.5MiB`.
pub fn binary_size(bytes: u64) -> String {
    scale(bytes, 1024.0, &BINARY_UNITS, 4)
}

fn scale(bytes: u64, base: f64, units: &[&str; 9], digits: usize) -> String {
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= base && unit + 1 < units.len() {
        value /= base;
        unit += 1;
    }
    format!("{}{}", general(value, digits), units[unit])
}
