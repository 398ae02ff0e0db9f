//! The image's defaults beneath what the user asked for, by Docker's rules. Pure.

use corten_images::Image;
use corten_spec::image::{ContainerConfig as ImageContainerConfig, Healthcheck};

use super::config::ContainerConfig;
use crate::error::EngineError;

/// Fills in what the request left open.
///
/// Docker's rules: an entrypoint of the user's discards the image's command; labels and environment are merged by name, the
/// user's winning; the rest is taken where the user said nothing.
pub(super) fn merge_image_defaults(config: &mut ContainerConfig, image: &Image) {
    let defaults = image.config.config.clone();
    merge_command(config, defaults.entrypoint, defaults.cmd);
    merge_env(&mut config.env, defaults.env);
    for (name, value) in defaults.labels {
        config.labels.entry(name).or_insert(value);
    }
    fill(&mut config.user, defaults.user);
    fill(&mut config.working_dir, defaults.working_dir);
    fill(&mut config.stop_signal, defaults.stop_signal.unwrap_or_default());
    config.stop_timeout = config.stop_timeout.or(defaults.stop_timeout);
    merge_health(&mut config.health, defaults.healthcheck);
    merge_set(&mut config.exposed_ports, defaults.exposed_ports);
    merge_set(&mut config.volumes, defaults.volumes);
}

/// The same for the configuration of an image that is made of a container.
pub(super) fn merge_image_configs(config: &mut ImageContainerConfig, container: ImageContainerConfig) {
    if config.entrypoint.as_ref().is_none_or(Vec::is_empty) {
        if config.cmd.as_ref().is_none_or(Vec::is_empty) {
            config.cmd = container.cmd;
        }
        // An empty one was asked for: none.
        config.entrypoint = config.entrypoint.take().or(container.entrypoint);
    }
    merge_env(&mut config.env, container.env);
    for (name, value) in container.labels {
        config.labels.entry(name).or_insert(value);
    }
    fill(&mut config.user, container.user);
    fill(&mut config.working_dir, container.working_dir);
    config.stop_signal = config.stop_signal.take().or(container.stop_signal);
    merge_health(&mut config.healthcheck, container.healthcheck);
    config.exposed_ports.extend(container.exposed_ports);
    config.volumes.extend(container.volumes);
}

fn merge_command(config: &mut ContainerConfig, entrypoint: Option<Vec<String>>, cmd: Option<Vec<String>>) {
    // `--entrypoint ""` arrives as one empty word: no entrypoint, and not the image's either.
    match &config.entrypoint {
        Some(words) if words == &[String::new()] => config.entrypoint = None,
        Some(words) if !words.is_empty() => {}
        _ => {
            if config.cmd.as_ref().is_none_or(Vec::is_empty) {
                config.cmd = cmd;
            }
            config.entrypoint = entrypoint;
        }
    }
}

fn merge_env(env: &mut Vec<String>, defaults: Vec<String>) {
    let name = |entry: &str| entry.split('=').next().unwrap_or_default().to_owned();
    let named: Vec<String> = env.iter().map(|entry| name(entry)).collect();
    let missing: Vec<String> = defaults.into_iter().filter(|entry| !named.contains(&name(entry))).collect();
    env.extend(missing);
}

/// Field by field: a request may change the interval of an image's probe alone.
fn merge_health(health: &mut Option<Healthcheck>, default: Option<Healthcheck>) {
    let (Some(health), Some(default)) = (health.as_mut(), &default) else {
        *health = health.take().or(default);
        return;
    };
    if health.test.is_empty() {
        health.test.clone_from(&default.test);
    }
    for (value, default) in [
        (&mut health.interval, default.interval),
        (&mut health.timeout, default.timeout),
        (&mut health.start_period, default.start_period),
        (&mut health.start_interval, default.start_interval),
        (&mut health.retries, default.retries),
    ] {
        if *value == 0 {
            *value = default;
        }
    }
}

fn merge_set(values: &mut Vec<String>, defaults: impl IntoIterator<Item = String>) {
    for value in defaults {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values.sort();
}

fn fill(value: &mut String, default: String) {
    if value.is_empty() {
        *value = default;
    }
}

/// Entrypoint and command as one command line.
///
/// # Errors
/// `no command specified`, as Docker says it.
pub(super) fn command_line(config: &ContainerConfig) -> Result<Vec<String>, EngineError> {
    let words: Vec<String> =
        config.entrypoint.iter().flatten().chain(config.cmd.iter().flatten()).cloned().collect();
    if words.is_empty() {
        return Err(EngineError::Invalid("no command specified".to_owned()));
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use corten_spec::image::Healthcheck;

    use super::merge_health;

    #[test]
    fn a_request_changes_single_fields_of_the_images_probe() {
        let image = Healthcheck {
            test: vec!["CMD".to_owned(), "probe".to_owned()],
            interval: 5,
            retries: 2,
            ..Healthcheck::default()
        };
        let mut health = Some(Healthcheck { interval: 9, ..Healthcheck::default() });
        merge_health(&mut health, Some(image.clone()));
        assert_eq!(health, Some(Healthcheck { interval: 9, ..image.clone() }));
        let mut none = None;
        merge_health(&mut none, Some(image.clone()));
        assert_eq!(none, Some(image));
    }
}
