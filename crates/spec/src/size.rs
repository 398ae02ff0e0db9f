//! Byte sizes as Docker reads and writes them.
//! Sizes with a sign, such as a swap of -1, are the caller's.

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

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;

    const K: i64 = 1024;

    #[test]
    fn sizes_are_read_as_docker_reads_them() {
        for (text, bytes) in [
            ("0", 0),
            ("0 ", 0),
            ("-0", 0),
            ("-0 b", 0),
            ("0.", 0),
            ("0.B", 0),
            ("32", 32),
            ("32b", 32),
            ("32B", 32),
            ("32. b", 32),
            ("32.5 B", 32),
            ("32k", 32 * K),
            ("32Kb", 32 * K),
            ("32KIB", 32 * K),
            ("32 kib", 32 * K),
            ("512m", 512 * K * K),
            ("32Gb", 32 * K * K * K),
            ("32TiB", 32 * K * K * K * K),
            ("32PB", 32 * K * K * K * K * K),
            ("32.5kB", 33_280),
            (".3kB", 307),
            ("0.3 K", 307),
            ("1e3", 1_000),
            ("+5k", 5 * K),
        ] {
            assert_eq!(parse_bytes(text), Ok(bytes), "{text}");
        }
        assert_eq!(parse_decimal_bytes("32.5kB"), Ok(32_500));
        assert_eq!(parse_decimal_bytes("1 GiB"), Ok(1_000_000_000));
    }

    #[test]
    fn what_is_no_size_is_told_in_the_words_of_docker() {
        for (text, expected) in [
            ("", "invalid size: ''"),
            ("hello", "invalid size: 'hello'"),
            ("-32", "invalid size: '-32'"),
            ("-32 b", "invalid size: '-32 b'"),
            (".", r#"strconv.ParseFloat: parsing ".": invalid syntax"#),
            (" ", r#"strconv.ParseFloat: parsing "": invalid syntax"#),
            (" 0", r#"strconv.ParseFloat: parsing "": invalid syntax"#),
            ("32b.", r#"strconv.ParseFloat: parsing "32b.": invalid syntax"#),
            ("32m b", r#"strconv.ParseFloat: parsing "32m": invalid syntax"#),
            ("inf b", r#"strconv.ParseFloat: parsing "inf": invalid syntax"#),
            ("nan b", r#"strconv.ParseFloat: parsing "nan": invalid syntax"#),
            ("1e999", r#"strconv.ParseFloat: parsing "1e999": value out of range"#),
            (
                "9223372036854775808",
                r#"strconv.ParseFloat: parsing "9223372036854775808": value out of range"#,
            ),
            ("8192p", r#"strconv.ParseFloat: parsing "8192": value out of range"#),
            ("0b ", r#"strconv.ParseFloat: parsing "0b": invalid syntax"#),
            ("32 bb", "invalid suffix: 'bb'"),
            ("32  b", "invalid suffix: ' b'"),
            ("32bM", "invalid suffix: 'bm'"),
            ("32Kx", "invalid suffix: 'kx'"),
            ("32KXB", "invalid suffix: 'kxb'"),
            ("32 KiBs", "invalid suffix: 'KiBs'"),
            ("1E", "invalid suffix: 'e'"),
        ] {
            assert_eq!(parse_bytes(text).unwrap_err().to_string(), expected, "{text:?}");
        }
    }

    #[test]
    fn sizes_are_shown_as_docker_shows_them() {
        for (bytes, image, precise, memory) in [
            (0, "0B", "0B", "0B"),
            (999, "999B", "999B", "999B"),
            (1_000, "1kB", "1kB", "1000B"),
            (1_024, "1.02kB", "1.024kB", "1KiB"),
            (1_048_576, "1.05MB", "1.049MB", "1MiB"),
            (7_797_760, "7.8MB", "7.798MB", "7.437MiB"),
            (999_499, "999kB", "999.5kB", "976.1KiB"),
            // Docker rounds after it has chosen the unit, and so do we.
            (999_999, "1e+03kB", "1000kB", "976.6KiB"),
            (1_048_575, "1.05MB", "1.049MB", "1024KiB"),
            (3_420_000_000, "3.42GB", "3.42GB", "3.185GiB"),
            (u64::MAX, "18.4EB", "18.45EB", "16EiB"),
        ] {
            assert_eq!(
                (human_size(bytes), human_size_with(bytes, 4), binary_size(bytes)),
                (image.into(), precise.into(), memory.into())
            );
        }
    }

    proptest! {
        #[test]
        fn a_number_of_bytes_reads_back(bytes in 0..1_i64 << 53) {
            prop_assert_eq!(parse_bytes(&bytes.to_string()), Ok(bytes));
        }

        #[test]
        fn a_shown_size_reads_back_to_three_digits(bytes in 0..1_000_000_000_000_000_000_u64) {
            let read = parse_decimal_bytes(&human_size(bytes)).unwrap() as f64;
            prop_assert!((read - bytes as f64).abs() <= bytes as f64 * 0.005 + 1.0);
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,12}") {
            let _ = parse_bytes(&text);
        }
    }
}
