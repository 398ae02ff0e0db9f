//! `--change`: instructions of a Dockerfile, applied to the configuration of an image that is about to be made.
//!
//! Only what changes a configuration is known here; the texts of what is refused are Docker's. Pure.

mod dispatch;
mod ports;
mod substitute;
mod words;

use corten_spec::image::ContainerConfig;

/// An instruction that cannot be applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ChangeError(String);

type Outcome<T = ()> = Result<T, ChangeError>;

fn refused<T>(text: impl Into<String>) -> Outcome<T> {
    Err(ChangeError(text.into()))
}

/// One instruction.
struct Instruction<'a> {
    /// In capitals.
    name: String,
    arguments: &'a str,
}

/// Applies instructions, in their order, to a configuration.
///
/// # Errors
/// [`ChangeError`]; the configuration is then left as far as it was changed.
pub fn apply_changes(config: &mut ContainerConfig, changes: &[String]) -> Outcome {
    if changes.is_empty() {
        return Ok(());
    }
    let lines = logical_lines(changes);
    if lines.is_empty() {
        return refused("file with no instructions");
    }
    let mut command_given = false;
    for line in &lines {
        let instruction = instruction(line)?;
        dispatch::apply(config, &instruction, command_given)?;
        command_given |= instruction.name == "CMD";
    }
    Ok(())
}

/// Lines without comments, those that end with a backslash joined with the next.
fn logical_lines(changes: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut open = false;
    for line in changes.iter().flat_map(|change| change.split('\n')) {
        if line.trim_start().starts_with('#') || line.trim().is_empty() {
            continue;
        }
        let (text, goes_on) = match line.trim_end_matches([' ', '\t', '\r']).strip_suffix('\\') {
            Some(text) => (text, true),
            None => (line, false),
        };
        match lines.last_mut() {
            Some(last) if open => last.push_str(text),
            _ => lines.push(text.to_owned()),
        }
        open = goes_on;
    }
    lines
}

fn instruction(line: &str) -> Outcome<Instruction<'_>> {
    let line = line.trim();
    let (name, arguments) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let mut arguments = arguments.trim();
    if let Some(flag) = arguments.strip_prefix("--") {
        let flag = flag.split(char::is_whitespace).next().unwrap_or_default();
        if !flag.is_empty() {
            return refused(format!("unknown flag: --{}", flag.split('=').next().unwrap_or_default()));
        }
        arguments = arguments[2..].trim_start();
    }
    Ok(Instruction { name: name.to_uppercase(), arguments })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[allow(clippy::needless_pass_by_value, reason = "an expectation is used once")]
    fn check(changes: &[&str], expected: Expect) {
        let mut config = ContainerConfig {
            env: vec!["PATH=/bin".to_owned()],
            cmd: Some(vec!["sh".to_owned()]),
            working_dir: "/work".to_owned(),
            ..ContainerConfig::default()
        };
        let changes: Vec<String> = changes.iter().map(|&change| change.to_owned()).collect();
        let text = match apply_changes(&mut config, &changes) {
            Ok(()) => serde_json::to_string(&config).unwrap(),
            Err(error) => error.to_string(),
        };
        expected.assert_eq(&text);
    }

    #[allow(clippy::needless_pass_by_value, reason = "an expectation is used once")]
    fn refusals(changes: &[&str], expected: Expect) {
        let refusal = |change: &&str| {
            let refused = apply_changes(&mut ContainerConfig::default(), &[(*change).to_owned()]);
            format!("{}\n", refused.unwrap_err())
        };
        expected.assert_eq(&changes.iter().map(refusal).collect::<String>());
    }

    #[test]
    fn commands_are_words_or_a_line_for_the_shell() {
        check(
            &[r#"CMD ["a", "b c"] rest"#],
            expect![[r#"{"Env":["PATH=/bin"],"Cmd":["a","b c"],"WorkingDir":"/work"}"#]],
        );
        check(
            &["cmd a  b"],
            expect![[r#"{"Env":["PATH=/bin"],"Cmd":["/bin/sh","-c","a  b"],"WorkingDir":"/work"}"#]],
        );
        check(&["CMD"], expect![[r#"{"Env":["PATH=/bin"],"Cmd":["/bin/sh","-c"],"WorkingDir":"/work"}"#]]);
        check(&["CMD []"], expect![[r#"{"Env":["PATH=/bin"],"Cmd":[],"WorkingDir":"/work"}"#]]);
        check(
            &[r#"CMD ["a""#],
            expect![[r#"{"Env":["PATH=/bin"],"Cmd":["/bin/sh","-c","[\"a\""],"WorkingDir":"/work"}"#]],
        );
        check(
            &[r#"CMD ["a", 1]"#],
            expect!["when using JSON array syntax, arrays must be comprised of strings only"],
        );
        check(
            &[r#"ENTRYPOINT ["e"]"#],
            expect![[r#"{"Env":["PATH=/bin"],"Entrypoint":["e"],"WorkingDir":"/work"}"#]],
        );
        check(
            &["CMD x", "ENTRYPOINT e"],
            expect![[
                r#"{"Env":["PATH=/bin"],"Entrypoint":["/bin/sh","-c","e"],"Cmd":["/bin/sh","-c","x"],"WorkingDir":"/work"}"#
            ]],
        );
        check(&["ENTRYPOINT"], expect![[r#"{"Env":["PATH=/bin"],"WorkingDir":"/work"}"#]]);
    }

    #[test]
    fn variables_are_set_in_both_forms_and_taken_from_what_was_set_before() {
        check(
            &["ENV A=$PATH:x B=\"y z\" C='$A'"],
            expect![[r#"{"Env":["PATH=/bin","A=/bin:x","B=y z","C=$A"],"Cmd":["sh"],"WorkingDir":"/work"}"#]],
        );
        check(
            &["ENV A=1", "ENV B=$A PATH=/x"],
            expect![[r#"{"Env":["PATH=/x","A=1","B=1"],"Cmd":["sh"],"WorkingDir":"/work"}"#]],
        );
        check(
            &["ENV A  x y"],
            expect![[r#"{"Env":["PATH=/bin","A=x y"],"Cmd":["sh"],"WorkingDir":"/work"}"#]],
        );
        check(
            &["ENV A=${Z:-${PATH}} B=${PATH:+set} C=${Z}"],
            expect![[r#"{"Env":["PATH=/bin","A=/bin","B=set","C="],"Cmd":["sh"],"WorkingDir":"/work"}"#]],
        );
        check(
            &[r#"ENV A="a\"b" B=\$x D=e\ f"#],
            expect![[r#"{"Env":["PATH=/bin","A=a\"b","B=$x","D=e f"],"Cmd":["sh"],"WorkingDir":"/work"}"#]],
        );
        refusals(
            &["ENV", "ENV A", "ENV A=b c", "ENV =x", "ENV A=${Z:?gone}", "ENV A=${Z", "ENV A=${Z%x}"],
            expect![[r#"
                ENV requires at least one argument
                ENV must have two arguments
                Syntax error - can't find = in "c". Must be of the form: name=value
                ENV names can not be blank
                failed to process "${Z:?gone}": Z: gone
                failed to process "${Z": missing ':' in substitution
                failed to process "${Z%x}": unsupported modifier (%) in substitution
            "#]],
        );
    }

    #[test]
    fn labels_ports_and_volumes_are_added() {
        check(
            &["LABEL a='b c' \"d e\"=f", "LABEL a=2"],
            expect![[
                r#"{"Env":["PATH=/bin"],"Cmd":["sh"],"WorkingDir":"/work","Labels":{"a":"2","d e":"f"}}"#
            ]],
        );
        check(
            &["EXPOSE 80 53/UDP 8000-8002/tcp", "EXPOSE 127.0.0.1:81:82"],
            expect![[
                r#"{"ExposedPorts":{"53/udp":{},"80/tcp":{},"8000/tcp":{},"8001/tcp":{},"8002/tcp":{},"82/tcp":{}},"Env":["PATH=/bin"],"Cmd":["sh"],"WorkingDir":"/work"}"#
            ]],
        );
        check(
            &["VOLUME /a /b", "VOLUME [\"/c d\"]"],
            expect![[
                r#"{"Env":["PATH=/bin"],"Cmd":["sh"],"Volumes":{"/a":{},"/b":{},"/c d":{}},"WorkingDir":"/work"}"#
            ]],
        );
        refusals(
            &[
                "LABEL a",
                "LABEL =x",
                "EXPOSE",
                "EXPOSE x",
                "EXPOSE 70000",
                "EXPOSE 9-8",
                "EXPOSE 1/x",
                "VOLUME",
                "VOLUME [\"\"]",
            ],
            expect![[r#"
                LABEL must have two arguments
                LABEL names can not be blank
                EXPOSE requires at least one argument
                invalid containerPort: x
                invalid containerPort: 70000
                invalid containerPort: 9-8
                invalid proto: x
                VOLUME requires at least one argument
                VOLUME specified can not be an empty string
            "#]],
        );
    }

    #[test]
    fn users_directories_and_triggers() {
        check(
            &["USER a b", "WORKDIR sub/../x", "ONBUILD run x", "ONBUILD COPY a b", "STOPSIGNAL SIGINT"],
            expect![[
                r#"{"User":"a b","Env":["PATH=/bin"],"Cmd":["sh"],"WorkingDir":"/work/x","StopSignal":"SIGINT","OnBuild":["run x","COPY a b"]}"#
            ]],
        );
        check(
            &["WORKDIR /a/../b"],
            expect![[r#"{"Env":["PATH=/bin"],"Cmd":["sh"],"WorkingDir":"/a/../b"}"#]],
        );
        refusals(
            &["USER", "WORKDIR", "WORKDIR $Z", "ONBUILD", "ONBUILD onbuild RUN x", "ONBUILD FROM x"],
            expect![[r#"
                USER requires exactly one argument
                WORKDIR requires exactly one argument
                cannot normalize nothing
                ONBUILD requires at least one argument
                Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed
                FROM isn't allowed as an ONBUILD trigger
            "#]],
        );
    }

    #[test]
    fn what_is_no_change_is_refused() {
        refusals(
            &["RUN x", "", "# nothing", "USER --x a", "HEALTHCHECK NONE", "SHELL [\"a\"]"],
            expect![[r#"
                run is not a valid change command
                file with no instructions
                file with no instructions
                unknown flag: --x
                HEALTHCHECK as a change is not built yet
                shell is not a valid change command
            "#]],
        );
    }

    #[test]
    fn a_line_goes_on_after_a_backslash() {
        check(
            &["ENV A=1 \\", "# between", "B=2\nUSER u"],
            expect![[r#"{"User":"u","Env":["PATH=/bin","A=1","B=2"],"Cmd":["sh"],"WorkingDir":"/work"}"#]],
        );
    }
}
