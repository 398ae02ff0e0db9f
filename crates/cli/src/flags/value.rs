//! Checks a value against its kind, with the texts of Go's parsers.

use corten_spec::{boolean, duration, size};

use super::Kind;

/// Refuses a value that the kind cannot hold.
pub(crate) fn check(kind: Kind, value: &str) -> Result<(), String> {
    match kind {
        Kind::Bool => parse_bool(value).map(drop),
        Kind::Int | Kind::Int64 => integer(value, i64::MIN.into(), i64::MAX.into(), "ParseInt"),
        Kind::Uint16 => integer(value, 0, u16::MAX.into(), "ParseUint"),
        Kind::Uint64 => integer(value, 0, u64::MAX.into(), "ParseUint"),
        Kind::SwapBytes if value == "-1" => Ok(()),
        Kind::Bytes | Kind::SwapBytes => {
            size::parse_bytes(value).map(drop).map_err(|error| error.to_string())
        }
        Kind::Decimal => parse_cpus(value).map(drop),
        Kind::Duration => duration::parse_go(value).map(drop).map_err(|error| error.to_string()),
        Kind::Filter if !value.is_empty() && !value.contains('=') => {
            Err("bad format of filter (expected name=value)".to_owned())
        }
        Kind::Pairs => match value.split(',').find(|pair| !pair.contains('=')) {
            Some(pair) => Err(format!("{pair} must be formatted as key=value")),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Go's `strconv.ParseBool`.
pub(crate) fn parse_bool(value: &str) -> Result<bool, String> {
    boolean::parse(value).ok_or_else(|| format!("strconv.ParseBool: parsing {value:?}: invalid syntax"))
}

fn integer(value: &str, least: i128, most: i128, parser: &str) -> Result<(), String> {
    match value.parse::<i128>() {
        Ok(number) if number >= least && number <= most => Ok(()),
        Ok(_) if least < 0 || !value.starts_with('-') => {
            Err(format!("strconv.{parser}: parsing {value:?}: value out of range"))
        }
        _ => Err(format!("strconv.{parser}: parsing {value:?}: invalid syntax")),
    }
}

/// Reads a number of processors (`1.5`) into 10⁻⁹ processors, without rounding.
pub(crate) fn parse_cpus(value: &str) -> Result<i64, String> {
    let not_rational = || format!("failed to parse {value} as a rational number");
    let (negative, digits) = match value.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, value.strip_prefix('+').unwrap_or(value)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty()
        || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit())
    {
        return Err(not_rational());
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > 9 {
        return Err("value is too precise".to_owned());
    }
    let nanos: i64 = format!("{whole}{fraction:0<9}").parse().map_err(|_| not_rational())?;
    Ok(if negative { -nanos } else { nanos })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_are_exact() {
        assert_eq!(parse_cpus("0.2"), Ok(200_000_000));
        assert_eq!(parse_cpus("1.50"), Ok(1_500_000_000));
        assert_eq!(parse_cpus(".5"), Ok(500_000_000));
        assert_eq!(parse_cpus("1.0000000001"), Err("value is too precise".to_owned()));
        assert_eq!(parse_cpus("x"), Err("failed to parse x as a rational number".to_owned()));
    }

    #[test]
    fn numbers_are_refused_with_gos_texts() {
        let text = |kind, value| check(kind, value).unwrap_err();
        assert_eq!(text(Kind::Int, "a"), r#"strconv.ParseInt: parsing "a": invalid syntax"#);
        assert_eq!(text(Kind::Uint16, "70000"), r#"strconv.ParseUint: parsing "70000": value out of range"#);
        assert_eq!(text(Kind::Uint16, "-1"), r#"strconv.ParseUint: parsing "-1": invalid syntax"#);
        assert_eq!(text(Kind::Bytes, "-1"), "invalid size: '-1'");
        assert_eq!(check(Kind::SwapBytes, "-1"), Ok(()));
    }
}
