//! `completion`: what a shell reads to complete commands and flags; made from the table of commands.

use clap::{Arg, ArgAction};
use clap_complete::{Shell, generate};

use super::commands;
use crate::command::Command;
use crate::compat::{GLOBAL, GROUPS};
use crate::failure::{Failure, Outcome};
use crate::flags::{Flag, Kind, Parsed};
use crate::surroundings::Surroundings;

pub(super) fn run(around: &Surroundings, parsed: &Parsed) -> Outcome {
    let name = parsed.arguments.first().map(String::as_str).unwrap_or_default();
    let shell = match name {
        "bash" => Shell::Bash,
        "zsh" => Shell::Zsh,
        "fish" => Shell::Fish,
        _ => return Err(Failure::new(format!("unknown shell `{name}`: there is bash, zsh and fish"))),
    };
    around.print(&script(shell, &around.program))
}

/// What a shell reads to complete the commands of `program`.
pub(crate) fn script(shell: Shell, program: &str) -> String {
    let mut bytes = Vec::new();
    generate(shell, &mut tree(), program, &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The commands as the generator wants them.
fn tree() -> clap::Command {
    let groups = GROUPS.iter().map(|(group, about)| {
        let members = offered().flat_map(|command| {
            let paths = command.paths.iter().filter(|path| path.len() == 2 && path[0] == *group);
            paths.map(|path| leaf(path[1], command.about, command.flags))
        });
        bare(group).about(*about).subcommands(members)
    });
    let single = offered().flat_map(|command| {
        let paths = command.paths.iter().filter(|path| path.len() == 1);
        paths.map(|path| leaf(path[0], command.about, command.flags))
    });
    bare("corten").args(arguments(GLOBAL)).subcommands(groups).subcommands(single)
}

/// What programs call is not offered to people.
fn offered() -> impl Iterator<Item = &'static Command> {
    commands().filter(|command| !command.about.is_empty())
}

fn leaf(name: &'static str, about: &'static str, flags: &'static [Flag]) -> clap::Command {
    bare(name).about(about).args(arguments(flags))
}

fn bare(name: &'static str) -> clap::Command {
    clap::Command::new(name).disable_help_flag(true).disable_help_subcommand(true).disable_version_flag(true)
}

fn arguments(flags: &'static [Flag]) -> impl Iterator<Item = Arg> {
    let help = Arg::new("help").long("help").help("Show how it is called").action(ArgAction::SetTrue);
    let is_declared = flags.iter().any(|flag| flag.name == "help");
    let shown = flags.iter().filter(|flag| flag.alias_of.is_none());
    shown.map(argument).chain(Some(help).filter(|_| !is_declared))
}

fn argument(flag: &'static Flag) -> Arg {
    let action = if flag.kind == Kind::Bool { ArgAction::SetTrue } else { ArgAction::Append };
    let argument = Arg::new(flag.name).long(flag.name).help(flag.help).action(action);
    match flag.short {
        Some(short) => argument.short(short),
        None => argument,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shell_is_told_of_every_command_that_people_use() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let script = script(shell, "corten");
            for word in ["container", "run", "system", "install", "completion"] {
                assert!(script.contains(word), "{shell}: {word}");
            }
            assert!(script.contains("publish-all"), "{shell}");
            assert!(!script.contains("dial-stdio"), "{shell}");
        }
    }

    #[test]
    fn bash_completes_commands_and_flags() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("corten");
        std::fs::write(&file, script(Shell::Bash, "corten")).unwrap();
        let complete = |words: &str| {
            let line = format!(
                "source '{}'; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
                 _corten corten \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\"; echo \"${{COMPREPLY[@]}}\"",
                file.display()
            );
            let output = std::process::Command::new("bash").args(["-c", &line]).output().unwrap();
            String::from_utf8(output.stdout).unwrap()
        };
        assert_eq!(complete("corten sys"), "system\n");
        assert_eq!(complete("corten system inst"), "install\n");
        assert_eq!(complete("corten run --publish-"), "--publish-all\n");
    }

    #[test]
    fn no_command_has_a_flag_twice() {
        // The generator's library looks for that, and for names that stand twice.
        tree().debug_assert();
    }
}
