//! Reads a command line the way Go's pflag does.

use super::{Flag, Kind, Parsed, Support, value};

/// Why a command line is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum FlagError {
    /// Help was asked for.
    Help,
    /// The text is pflag's, or ours for a flag that is not built.
    Message(String),
}

fn message(text: String) -> FlagError {
    FlagError::Message(text)
}

/// Reads flags and arguments. Without `interspersed` the first argument ends the flags.
pub(crate) fn parse(
    flags: &'static [Flag],
    interspersed: bool,
    words: &[String],
) -> Result<Parsed, FlagError> {
    let mut parsed = Parsed::new(flags);
    let mut words = words.iter().cloned();
    while let Some(word) = words.next() {
        if word == "--" {
            parsed.arguments.extend(words);
            break;
        }
        if let Some(long) = word.strip_prefix("--") {
            read_long(&mut parsed, long, &mut words)?;
        } else if word.len() > 1 && word.starts_with('-') {
            read_shorts(&mut parsed, &word[1..], &mut words)?;
        } else {
            parsed.arguments.push(word);
            if !interspersed {
                parsed.arguments.extend(words);
                break;
            }
        }
    }
    Ok(parsed)
}

fn read_long(
    parsed: &mut Parsed,
    text: &str,
    words: &mut impl Iterator<Item = String>,
) -> Result<(), FlagError> {
    let (name, given) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (text, None),
    };
    if name.is_empty() || name.starts_with('-') {
        return Err(message(format!("bad flag syntax: --{text}")));
    }
    let Some(flag) = parsed.flags.iter().find(|flag| flag.name == name) else {
        return Err(if name == "help" {
            FlagError::Help
        } else {
            message(format!("unknown flag: --{name}"))
        });
    };
    let value = match given {
        Some(value) => value,
        None if flag.kind == Kind::Bool => "true".to_owned(),
        None => words.next().ok_or_else(|| message(format!("flag needs an argument: --{name}")))?,
    };
    set(parsed, flag, value)
}

fn read_shorts(
    parsed: &mut Parsed,
    cluster: &str,
    words: &mut impl Iterator<Item = String>,
) -> Result<(), FlagError> {
    let mut rest = cluster;
    while let Some(short) = rest.chars().next() {
        let after = &rest[short.len_utf8()..];
        let Some(flag) = parsed.flags.iter().find(|flag| flag.short == Some(short)) else {
            return Err(match short {
                'h' => FlagError::Help,
                _ => message(format!("unknown shorthand flag: '{short}' in -{rest}")),
            });
        };
        if let Some(value) = after.strip_prefix('=') {
            return set(parsed, flag, value.to_owned());
        }
        if flag.kind == Kind::Bool {
            set(parsed, flag, "true".to_owned())?;
            rest = after;
            continue;
        }
        let value = match after {
            "" => words
                .next()
                .ok_or_else(|| message(format!("flag needs an argument: '{short}' in -{rest}")))?,
            attached => attached.to_owned(),
        };
        return set(parsed, flag, value);
    }
    Ok(())
}

fn set(parsed: &mut Parsed, flag: &'static Flag, text: String) -> Result<(), FlagError> {
    let checked =
        value::check(flag.kind, &text).and_then(|()| flag.check.map_or(Ok(()), |check| check(&text)));
    checked.map_err(|why| {
        message(format!("invalid argument {text:?} for \"{}\" flag: {why}", flag.spelling()))
    })?;
    if let Support::Refused { why, harmless } = flag.support
        && !is_harmless(flag.kind, &text, harmless)
    {
        return Err(message(format!("--{} is not supported: {why}", flag.name)));
    }
    parsed.set(flag, text);
    Ok(())
}

/// Whether a refused flag asks only for what happens anyway.
fn is_harmless(kind: Kind, text: &str, harmless: &[&str]) -> bool {
    match kind {
        Kind::Bool => {
            let wanted = if harmless.contains(&"true") { Ok(true) } else { Ok(false) };
            value::parse_bool(text) == wanted
        }
        // Every value of a list adds something.
        Kind::List | Kind::CommaList | Kind::Map | Kind::Pairs => false,
        _ => harmless.contains(&text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLAGS: &[Flag] = &[
        Flag::new("interactive", Kind::Bool, "").short('i'),
        Flag::new("tty", Kind::Bool, "").short('t'),
        Flag::new("rm", Kind::Bool, ""),
        Flag::new("env", Kind::List, "").short('e'),
        Flag::new("memory", Kind::Bytes, "").short('m'),
        Flag::new("name", Kind::Text, ""),
        Flag::new("network", Kind::Text, ""),
        Flag::new("net", Kind::Text, "").alias_of("network"),
        Flag::new("publish", Kind::List, "").short('p').refused("no ports yet"),
        Flag::new("restart", Kind::Text, "").refused_but("no restarts yet", &["no"]),
        Flag::new("gone", Kind::Bool, "").refused("never"),
    ];

    fn read(words: &str) -> Result<Parsed, FlagError> {
        let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
        parse(FLAGS, false, &words)
    }

    fn refusal(words: &str) -> String {
        match read(words) {
            Err(FlagError::Message(text)) => text,
            _ => panic!("{words} was not refused"),
        }
    }

    #[test]
    fn shorts_cluster_and_take_values_in_every_spelling() {
        let parsed = read("-it -e A=1 -eB=2 -e=C --env D --env=E=3 -m=5m --rm=false img").unwrap();
        assert!(parsed.is_on("interactive") && parsed.is_on("tty") && !parsed.is_on("rm"));
        assert_eq!(parsed.list("env"), ["A=1", "B=2", "C", "D", "E=3"]);
        assert_eq!(parsed.text("memory"), "5m");
    }

    #[test]
    fn the_first_argument_ends_the_flags() {
        let parsed = read("-i img --rm -e x").unwrap();
        assert_eq!(parsed.arguments, ["img", "--rm", "-e", "x"]);
        assert!(!parsed.is_given("rm"));
        let words = ["a", "--rm", "--", "-i"].map(str::to_owned);
        let parsed = parse(FLAGS, true, &words).unwrap();
        assert_eq!(parsed.arguments, ["a", "-i"]);
        assert!(parsed.is_on("rm"));
    }

    #[test]
    fn a_cluster_may_end_with_a_flag_that_takes_the_next_word() {
        let parsed = read("-ite A - img").unwrap();
        assert_eq!((parsed.list("env"), parsed.arguments.len()), (&["A".to_owned()][..], 2));
    }

    #[test]
    fn the_last_of_several_values_counts_and_aliases_are_one_flag() {
        let parsed = read("--net a --network b --name x --name=y").unwrap();
        assert_eq!((parsed.text("network"), parsed.text("name")), ("b", "y"));
        assert_eq!(read("--net a").unwrap().text("network"), "a");
    }

    #[test]
    fn what_is_not_a_flag_is_refused_with_pflags_texts() {
        assert_eq!(refusal("--nope"), "unknown flag: --nope");
        assert_eq!(refusal("-itx"), "unknown shorthand flag: 'x' in -x");
        assert_eq!(refusal("--name"), "flag needs an argument: --name");
        assert_eq!(refusal("-ie"), "flag needs an argument: 'e' in -e");
        assert_eq!(refusal("-m x"), r#"invalid argument "x" for "-m, --memory" flag: invalid size: 'x'"#);
        assert_eq!(
            refusal("--rm=maybe"),
            r#"invalid argument "maybe" for "--rm" flag: strconv.ParseBool: parsing "maybe": invalid syntax"#
        );
        assert!(matches!(read("-h"), Err(FlagError::Help)) && matches!(read("--help"), Err(FlagError::Help)));
    }

    #[test]
    fn a_flag_that_is_not_built_is_refused_by_name_unless_it_changes_nothing() {
        assert_eq!(refusal("-p 80:80"), "--publish is not supported: no ports yet");
        assert_eq!(refusal("--restart always"), "--restart is not supported: no restarts yet");
        assert_eq!(refusal("--gone"), "--gone is not supported: never");
        assert!(read("--restart no --gone=false").is_ok());
    }
}
