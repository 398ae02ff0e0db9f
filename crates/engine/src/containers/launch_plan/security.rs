//! `--security-opt`, hidden paths and the choice of the seccomp filter.

use corten_spec::runtime::{default_masked_paths, default_readonly_paths, thermal_throttle_paths};

use crate::containers::config::HostConfig;
use crate::error::EngineError;

/// Which filter is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SeccompChoice {
    /// None.
    Unconfined,
    /// Docker's default profile.
    Default,
    /// A profile's JSON.
    Custom(String),
}

/// What the options say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SecurityOptions {
    pub(super) seccomp: SeccompChoice,
    pub(super) no_new_privileges: bool,
    pub(super) system_paths_unconfined: bool,
}

pub(super) fn validate(host: &HostConfig) -> Result<(), EngineError> {
    parse(host).map(drop)
}

pub(crate) fn seccomp_choice(host: &HostConfig) -> Result<SeccompChoice, EngineError> {
    Ok(if host.privileged { SeccompChoice::Unconfined } else { parse(host)?.seccomp })
}

/// Reads the options; both `name=value` and the old `name:value` are taken.
pub(super) fn parse(host: &HostConfig) -> Result<SecurityOptions, EngineError> {
    let mut options = SecurityOptions {
        seccomp: SeccompChoice::Default,
        no_new_privileges: false,
        system_paths_unconfined: false,
    };
    for option in &host.security_opt {
        if option == "no-new-privileges" {
            options.no_new_privileges = true;
            continue;
        }
        let (name, value) = option
            .split_once('=')
            .or_else(|| option.split_once(':'))
            .ok_or_else(|| EngineError::Invalid(format!("invalid --security-opt 1: {option:?}")))?;
        take(&mut options, name, value, option)?;
    }
    Ok(options)
}

fn take(options: &mut SecurityOptions, name: &str, value: &str, option: &str) -> Result<(), EngineError> {
    match (name, value) {
        ("seccomp", "unconfined") => options.seccomp = SeccompChoice::Unconfined,
        ("seccomp", "builtin") => options.seccomp = SeccompChoice::Default,
        ("seccomp", profile) => options.seccomp = SeccompChoice::Custom(profile.to_owned()),
        ("no-new-privileges", value) => {
            options.no_new_privileges = value
                .parse()
                .map_err(|_| EngineError::Invalid(format!("invalid --security-opt 2: {option:?}")))?;
        }
        ("systempaths", "unconfined") => options.system_paths_unconfined = true,
        // Without these modules in the kernel, "not confined by them" is what every container is.
        ("apparmor", "unconfined") | ("label", "disable") => {}
        ("apparmor" | "label", _) => {
            return Err(EngineError::NotImplemented(format!(
                "--security-opt {option}: this engine does not set up AppArmor or SELinux confinement yet"
            )));
        }
        _ => return Err(EngineError::Invalid(format!("invalid --security-opt 2: {option:?}"))),
    }
    Ok(())
}

/// The runtime passes over paths that there are none of.
pub(super) fn masked_paths(host: &HostConfig, possible_cpus: u32) -> Vec<String> {
    hidden(host, host.masked_paths.as_ref(), || {
        let mut paths = default_masked_paths();
        paths.extend(thermal_throttle_paths(possible_cpus));
        paths
    })
}

pub(super) fn readonly_paths(host: &HostConfig) -> Vec<String> {
    hidden(host, host.readonly_paths.as_ref(), default_readonly_paths)
}

/// What a container is told of the paths that it cannot see or change: none for one that is privileged.
pub(crate) fn protected_paths(host: &HostConfig, possible_cpus: u32) -> Option<(Vec<String>, Vec<String>)> {
    (!host.privileged).then(|| (masked_paths(host, possible_cpus), readonly_paths(host)))
}

fn hidden(
    host: &HostConfig,
    given: Option<&Vec<String>>,
    default: impl FnOnce() -> Vec<String>,
) -> Vec<String> {
    let unconfined = host.privileged || parse(host).is_ok_and(|options| options.system_paths_unconfined);
    match given {
        _ if unconfined => Vec::new(),
        Some(paths) => paths.clone(),
        None => default(),
    }
}
