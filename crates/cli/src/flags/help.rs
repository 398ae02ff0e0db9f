//! The list of flags in a command's help.

use super::{Flag, Kind, Support};

/// One line a flag, the descriptions in a column; flags that are refused or without effect say so.
pub(crate) fn flag_usages(flags: &[Flag]) -> String {
    let mut shown: Vec<&Flag> = flags.iter().filter(|flag| flag.alias_of.is_none()).collect();
    shown.sort_by_key(|flag| flag.name);
    let heads: Vec<String> = shown.iter().map(|flag| head(flag)).collect();
    let width = heads.iter().map(String::len).max().unwrap_or(0);
    let mut text = String::new();
    for (flag, head) in shown.iter().zip(&heads) {
        let line = format!("{head:width$}   {}{}", flag.help, remark(flag));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn head(flag: &Flag) -> String {
    let short = flag.short.map_or("    ".to_owned(), |short| format!("-{short}, "));
    match flag.kind {
        Kind::Bool => format!("  {short}--{}", flag.name),
        kind => format!("  {short}--{} {}", flag.name, kind.name()),
    }
}

/// Those of `values` that somebody may want to give.
fn named(values: &[&'static str]) -> Vec<&'static str> {
    values.iter().copied().filter(|value| !value.is_empty()).collect()
}

fn remark(flag: &Flag) -> String {
    let default = match flag.default {
        "" | "false" | "0" => String::new(),
        default if matches!(flag.kind, Kind::Text) => format!(" (default {default:?})"),
        default => format!(" (default {default})"),
    };
    match flag.support {
        Support::Same | Support::Own => default,
        Support::Refused { harmless, .. } => match named(harmless)[..] {
            // One that changes nothing is no support.
            [] | [_] => format!("{default} (not supported yet)"),
            ref values => format!("{default} (yet: {})", values.join(", ")),
        },
        Support::Differs { how } => format!("{default} ({how})"),
        Support::NoOp { .. } => format!("{default} (no effect)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_supported_in_part_is_said_value_by_value() {
        let flag = |harmless| Flag::new("driver", Kind::Text, "").refused_but("not built", harmless);
        assert_eq!(remark(&flag(&["", "file", "none"])), " (yet: file, none)");
        assert_eq!(remark(&flag(&["", "default"])), " (not supported yet)");
    }
}
