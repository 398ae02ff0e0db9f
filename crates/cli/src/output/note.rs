//! Remarks between the lines of a command's output, as Docker sets them off.

use std::io::IsTerminal;

use crate::failure::Outcome;
use crate::session::Session;

/// Prints a remark of one or more lines, in colour on a terminal unless `NO_COLOR` forbids it.
pub(crate) fn note(session: &Session, text: &str) -> Outcome {
    let has_colour =
        std::io::stdout().is_terminal() && session.variable("NO_COLOR").is_none_or(|value| value.is_empty());
    session.print(&render(text, has_colour))
}

fn render(text: &str, has_colour: bool) -> String {
    let (heading, width) = if has_colour {
        ("\x1b[1m\x1b[106m\x1b[30mi\x1b[0m\x1b[0m \x1b[96mInfo \u{2192} \x1b[0m\x1b[0m", 9)
    } else {
        (" Info -> ", 9)
    };
    let lines: Vec<String> = text
        .split('\n')
        .map(|line| if has_colour { format!("\x1b[3m{line}\x1b[0m") } else { line.to_owned() })
        .collect();
    format!("\n{heading}{}\n", lines.join(&format!("\n{}", " ".repeat(width))))
}

#[cfg(test)]
mod tests {
    use super::render;

    #[test]
    fn further_lines_stand_below_the_first() {
        assert_eq!(render("one\ntwo", false), "\n Info -> one\n         two\n");
    }
}
