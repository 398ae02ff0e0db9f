//! What each instruction does to a configuration.

use corten_spec::image::ContainerConfig;

use super::substitute::substitute;
use super::words::{pairs, words, words_or_json};
use super::{Instruction, Outcome, ports, refused};

/// The shell of a command that is a line of text.
const SHELL: [&str; 2] = ["/bin/sh", "-c"];

/// What may not be put off until another builds on the image.
const NEVER_TRIGGERED: [&str; 2] = ["FROM", "MAINTAINER"];

pub(super) fn apply(
    config: &mut ContainerConfig,
    instruction: &Instruction<'_>,
    command_given: bool,
) -> Outcome {
    let arguments = instruction.arguments;
    match instruction.name.as_str() {
        "CMD" => config.cmd = Some(command(config, arguments)?),
        "ENTRYPOINT" => {
            let entrypoint = if arguments.is_empty() { Vec::new() } else { command(config, arguments)? };
            config.entrypoint = Some(entrypoint).filter(|words| !words.is_empty());
            // The command was meant for the entrypoint before.
            if !command_given {
                config.cmd = None;
            }
        }
        "ENV" => env(config, arguments)?,
        "LABEL" => label(config, arguments)?,
        "EXPOSE" => {
            let env = config.env.clone();
            for word in at_least_one("EXPOSE", words(arguments))? {
                config.exposed_ports.extend(ports::container_ports(&substitute(&word, &env)?)?);
            }
        }
        "VOLUME" => {
            for volume in at_least_one("VOLUME", words_or_json(arguments)?)? {
                let volume = substitute(&volume, &config.env)?.trim().to_owned();
                if volume.is_empty() {
                    return refused("VOLUME specified can not be an empty string");
                }
                config.volumes.insert(volume);
            }
        }
        "USER" => config.user = substitute(exactly_one("USER", arguments)?, &config.env)?,
        "WORKDIR" => {
            let wanted = substitute(exactly_one("WORKDIR", arguments)?, &config.env)?;
            config.working_dir = working_dir(&config.working_dir, &wanted)?;
        }
        "STOPSIGNAL" => {
            config.stop_signal = Some(substitute(exactly_one("STOPSIGNAL", arguments)?, &config.env)?);
        }
        "ONBUILD" => config.on_build.push(trigger(arguments)?),
        "HEALTHCHECK" => return refused("HEALTHCHECK as a change is not built yet"),
        other => return refused(format!("{} is not a valid change command", other.to_lowercase())),
    }
    Ok(())
}

/// Words as JSON has them, or a line for the shell.
fn command(config: &ContainerConfig, arguments: &str) -> Outcome<Vec<String>> {
    if let Some(words) = super::words::json(arguments)? {
        return Ok(words);
    }
    let mut words: Vec<String> = match &config.shell {
        Some(shell) if !shell.is_empty() => shell.clone(),
        _ => SHELL.map(str::to_owned).to_vec(),
    };
    words.extend((!arguments.is_empty()).then(|| arguments.to_owned()));
    Ok(words)
}

fn env(config: &mut ContainerConfig, arguments: &str) -> Outcome {
    // All of an instruction's values are of the environment before it.
    let before = config.env.clone();
    for (name, value) in pairs("ENV", arguments)? {
        let (name, value) = (substitute(&name, &before)?, substitute(&value, &before)?);
        if name.is_empty() {
            return refused("ENV names can not be blank");
        }
        let entry = format!("{name}={value}");
        let same = |other: &&mut String| other.split('=').next() == Some(name.as_str());
        match config.env.iter_mut().find(same) {
            Some(standing) => *standing = entry,
            None => config.env.push(entry),
        }
    }
    Ok(())
}

fn label(config: &mut ContainerConfig, arguments: &str) -> Outcome {
    for (name, value) in pairs("LABEL", arguments)? {
        let (name, value) = (substitute(&name, &config.env)?, substitute(&value, &config.env)?);
        if name.is_empty() {
            return refused("LABEL names can not be blank");
        }
        config.labels.insert(name, value);
    }
    Ok(())
}

/// A relative directory is below the one before it, and only then are dots taken away.
fn working_dir(current: &str, wanted: &str) -> Outcome<String> {
    if wanted.is_empty() {
        return refused("cannot normalize nothing");
    }
    if wanted.starts_with('/') {
        return Ok(wanted.to_owned());
    }
    let mut components: Vec<&str> = Vec::new();
    for component in current.split('/').chain(wanted.split('/')) {
        match component {
            "" | "." => {}
            ".." => {
                components.pop();
            }
            component => components.push(component),
        }
    }
    Ok(format!("/{}", components.join("/")))
}

fn trigger(arguments: &str) -> Outcome<String> {
    let name = at_least_one("ONBUILD", words(arguments))?.remove(0).to_uppercase();
    if name == "ONBUILD" {
        return refused("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
    }
    if NEVER_TRIGGERED.contains(&name.as_str()) {
        return refused(format!("{name} isn't allowed as an ONBUILD trigger"));
    }
    Ok(arguments.to_owned())
}

fn at_least_one(name: &str, words: Vec<String>) -> Outcome<Vec<String>> {
    if words.is_empty() { refused(format!("{name} requires at least one argument")) } else { Ok(words) }
}

fn exactly_one<'a>(name: &str, arguments: &'a str) -> Outcome<&'a str> {
    if arguments.is_empty() {
        refused(format!("{name} requires exactly one argument"))
    } else {
        Ok(arguments)
    }
}
