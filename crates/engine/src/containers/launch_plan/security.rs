//! `--security-opt`, hidden paths and the choice of the seccomp filter.

use corten_spec::boolean;
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

/// Which security modules this kernel runs, beside seccomp.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SecurityModules {
    pub(crate) apparmor: bool,
    pub(crate) selinux: bool,
}

pub(super) fn validate(host: &HostConfig) -> Result<(), EngineError> {
    parse(host).map(drop)
}

/// Refuses to confine a container with a security module, saying whether it is the kernel or this engine that cannot.
///
/// # Errors
/// [`EngineError::NotImplemented`]. `modules` is asked only when there is something to refuse.
pub(crate) fn validate_confinement(
    host: &HostConfig,
    modules: impl FnOnce() -> SecurityModules,
) -> Result<(), EngineError> {
    let confines =
        |option: &&String| matches!(split(option), Some((name, value)) if is_confining(name, value));
    let Some(option) = host.security_opt.iter().find(confines) else { return Ok(()) };
    let (module, is_present) = match split(option) {
        Some(("apparmor", _)) => ("AppArmor", modules().apparmor),
        _ => ("SELinux", modules().selinux),
    };
    Err(EngineError::NotImplemented(if is_present {
        format!("--security-opt {option}: this engine does not confine containers with {module}")
    } else {
        format!("--security-opt {option}: {module} is not enabled in this kernel")
    }))
}

pub(crate) fn seccomp_choice(host: &HostConfig) -> Result<SeccompChoice, EngineError> {
    Ok(match parse(host)?.seccomp {
        // As with Docker, only a profile of one's own goes together with all privileges.
        SeccompChoice::Default if host.privileged => SeccompChoice::Unconfined,
        choice => choice,
    })
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
        let (name, value) = split(option)
            .ok_or_else(|| EngineError::Invalid(format!("invalid --security-opt 1: {option:?}")))?;
        take(&mut options, name, value, option)?;
    }
    Ok(options)
}

fn split(option: &str) -> Option<(&str, &str)> {
    option.split_once('=').or_else(|| option.split_once(':'))
}

fn is_confining(name: &str, value: &str) -> bool {
    match name {
        "apparmor" => value != "unconfined",
        "label" => value != "disable",
        _ => false,
    }
}

fn take(options: &mut SecurityOptions, name: &str, value: &str, option: &str) -> Result<(), EngineError> {
    match (name, value) {
        ("seccomp", "unconfined") => options.seccomp = SeccompChoice::Unconfined,
        ("seccomp", "builtin") => options.seccomp = SeccompChoice::Default,
        ("seccomp", profile) => options.seccomp = SeccompChoice::Custom(profile.to_owned()),
        ("no-new-privileges", value) => {
            let invalid = || EngineError::Invalid(format!("invalid --security-opt 2: {option:?}"));
            options.no_new_privileges = boolean::parse(value).ok_or_else(invalid)?;
        }
        ("systempaths", "unconfined") => options.system_paths_unconfined = true,
        (name, value) if is_confining(name, value) => {
            return Err(EngineError::NotImplemented(format!(
                "--security-opt {option}: this engine does not confine containers with AppArmor or SELinux"
            )));
        }
        // Not to be confined by these modules is what every container is.
        ("apparmor" | "label", _) => {}
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

#[cfg(test)]
mod tests {
    use super::*;

    fn host(options: &[&str]) -> HostConfig {
        let security_opt = options.iter().map(|&option| option.to_owned()).collect();
        HostConfig { security_opt, ..HostConfig::default() }
    }

    #[test]
    fn no_new_privileges_is_a_word_or_what_go_takes_for_a_boolean() {
        let parsed = |option: &str| parse(&host(&[option])).map(|options| options.no_new_privileges);
        for option in
            ["no-new-privileges", "no-new-privileges=true", "no-new-privileges:1", "no-new-privileges=T"]
        {
            assert!(parsed(option).unwrap(), "{option}");
        }
        assert!(!parsed("no-new-privileges=false").unwrap());
        for option in ["no-new-privileges=", "no-new-privileges=yes"] {
            let text = format!("invalid --security-opt 2: {option:?}");
            assert_eq!(parsed(option).unwrap_err().to_string(), text);
        }
    }

    #[test]
    fn confinement_is_refused_with_what_the_kernel_has() {
        let refused = |option: &str, apparmor, selinux| {
            let modules = || SecurityModules { apparmor, selinux };
            validate_confinement(&host(&["seccomp=unconfined", option]), modules)
                .map_err(|error| error.to_string())
        };
        for option in ["apparmor=unconfined", "label=disable", "label:disable"] {
            assert_eq!(refused(option, true, true), Ok(()));
            parse(&host(&[option])).unwrap();
        }
        for (option, module) in [
            ("apparmor=docker-default", "AppArmor"),
            ("label=type:container_t", "SELinux"),
            ("label:level:s0:c1,c2", "SELinux"),
        ] {
            let absent = format!("--security-opt {option}: {module} is not enabled in this kernel");
            assert_eq!(refused(option, false, false), Err(absent));
            let present =
                format!("--security-opt {option}: this engine does not confine containers with {module}");
            assert_eq!(refused(option, true, true), Err(present));
            parse(&host(&[option])).unwrap_err();
        }
    }
}
