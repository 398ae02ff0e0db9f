//! `--ulimit NAME=SOFT[:HARD]`.

use corten_api_types::container::Ulimit;
use corten_spec::runtime::rlimit_kind;

/// Reads one limit, with Docker's texts for what is wrong.
pub(crate) fn parse(text: &str) -> Result<Ulimit, String> {
    let Some((name, limits)) = text.split_once('=') else {
        return Err(format!("invalid ulimit argument: {text}"));
    };
    if rlimit_kind(name).is_none() {
        return Err(format!("invalid ulimit type: {name}"));
    }
    let number = |text: &str| {
        text.parse::<i64>().map_err(|_| format!("strconv.ParseInt: parsing {text:?}: invalid syntax"))
    };
    let (soft, hard) = match limits.split_once(':') {
        None => {
            let both = number(limits)?;
            (both, both)
        }
        Some((_, hard)) if hard.contains(':') => {
            return Err(format!(
                "too many limit value arguments - {limits}, can only have up to two, `soft[:hard]`"
            ));
        }
        Some((soft, hard)) => (number(soft)?, number(hard)?),
    };
    if hard != -1 && (soft == -1 || soft > hard) {
        return Err(match soft {
            -1 => {
                "ulimit soft limit must be less than or equal to hard limit: soft: -1 (unlimited), hard: "
                    .to_owned()
                    + &hard.to_string()
            }
            _ => format!("ulimit soft limit must be less than or equal to hard limit: {soft} > {hard}"),
        });
    }
    Ok(Ulimit { name: name.to_owned(), hard, soft })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_is_both_limits() {
        let both = |text| parse(text).map(|limit| (limit.soft, limit.hard));
        assert_eq!(both("nofile=1024"), Ok((1024, 1024)));
        assert_eq!(both("nofile=1:2"), Ok((1, 2)));
        assert_eq!(both("memlock=-1:-1"), Ok((-1, -1)));
    }

    #[test]
    fn wrong_limits_are_refused() {
        assert_eq!(parse("nofile").unwrap_err(), "invalid ulimit argument: nofile");
        assert_eq!(parse("files=1").unwrap_err(), "invalid ulimit type: files");
        assert_eq!(
            parse("nofile=2:1").unwrap_err(),
            "ulimit soft limit must be less than or equal to hard limit: 2 > 1"
        );
        assert_eq!(parse("nofile=x").unwrap_err(), r#"strconv.ParseInt: parsing "x": invalid syntax"#);
    }
}
