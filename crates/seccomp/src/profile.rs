//! Docker's profile documents, which also read as OCI's, and what they come to for one container.
//!
//! As Docker does, passes over fields that it does not know (profiles carry comments and extensions).

use corten_spec::runtime::capability::Capability;
use corten_spec::runtime::{Seccomp, SeccompAction, SeccompArch, SeccompArg, SeccompFlag, SeccompSyscall};
use serde::{Deserialize, Deserializer};

use crate::arch::Arch;
use crate::error::SeccompError;
use crate::kernel_version::KernelVersion;

/// A profile: rules that hold depending on capabilities, architecture and kernel.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    #[serde(default, deserialize_with = "empty_as_none")]
    pub(crate) default_action: Option<SeccompAction>,
    #[serde(default)]
    pub(crate) default_errno_ret: Option<u32>,
    #[serde(default, deserialize_with = "null_as_empty")]
    pub(crate) architectures: Vec<SeccompArch>,
    #[serde(default, deserialize_with = "null_as_empty")]
    pub(crate) arch_map: Vec<Companions>,
    #[serde(default, deserialize_with = "null_as_empty")]
    pub(crate) flags: Vec<SeccompFlag>,
    #[serde(default)]
    pub(crate) listener_path: String,
    #[serde(default)]
    pub(crate) listener_metadata: String,
    #[serde(default, deserialize_with = "null_as_empty")]
    pub(crate) syscalls: Vec<ProfileRule>,
}

/// The architectures that come with a native one.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Companions {
    pub(crate) architecture: SeccompArch,
    #[serde(default, deserialize_with = "null_as_empty")]
    pub(crate) sub_architectures: Vec<SeccompArch>,
}

/// A rule and when it holds.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProfileRule {
    /// The old form, for a single call.
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default, deserialize_with = "null_as_empty")]
    pub(crate) names: Vec<String>,
    pub(crate) action: SeccompAction,
    #[serde(default)]
    pub(crate) errno_ret: Option<u32>,
    #[serde(default, deserialize_with = "null_as_empty")]
    pub(crate) args: Vec<SeccompArg>,
    #[serde(default, deserialize_with = "null_as_empty")]
    pub(crate) includes: Facts,
    #[serde(default, deserialize_with = "null_as_empty")]
    pub(crate) excludes: Facts,
}

/// Facts about a container. As an inclusion all have to hold, as an exclusion one suffices.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Facts {
    #[serde(default, deserialize_with = "null_as_empty")]
    pub(crate) caps: Vec<String>,
    #[serde(default, deserialize_with = "null_as_empty")]
    pub(crate) arches: Vec<String>,
    #[serde(default)]
    pub(crate) min_kernel: Option<KernelVersion>,
}

/// What a profile is resolved against.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// The container's bounding set.
    pub capabilities: &'a [Capability],
    /// The kernel's architecture.
    pub arch: Arch,
    /// The kernel's version.
    pub kernel: KernelVersion,
}

impl Profile {
    /// Reads a profile in Docker's form or OCI's.
    ///
    /// # Errors
    /// [`SeccompError::Parse`]; [`SeccompError::ArchitecturesTwice`] and [`SeccompError::NamesTwice`] where both forms of a field are used.
    pub fn parse(json: &[u8]) -> Result<Profile, SeccompError> {
        let failed = |source| SeccompError::Parse { source };
        // The derived reader also takes a list for a struct: `[]` would be an empty profile, hence no filter.
        if !json.trim_ascii_start().starts_with(b"{") {
            serde_json::from_slice::<serde_json::Map<_, _>>(json).map_err(failed)?;
        }
        let profile: Profile = serde_json::from_slice(json).map_err(failed)?;
        if !profile.architectures.is_empty() && !profile.arch_map.is_empty() {
            return Err(SeccompError::ArchitecturesTwice);
        }
        if profile.syscalls.iter().any(|rule| !rule.name.is_empty() && !rule.names.is_empty()) {
            return Err(SeccompError::NamesTwice);
        }
        Ok(profile)
    }

    /// The filter for one container; nothing if the profile is empty, which to Docker means that there is no filter.
    ///
    /// # Errors
    /// [`SeccompError::NoDefaultAction`] if there are rules to no default.
    pub fn resolve(&self, circumstances: &Circumstances<'_>) -> Result<Option<Seccomp>, SeccompError> {
        let Some(default_action) = self.default_action else {
            return if self.syscalls.is_empty() { Ok(None) } else { Err(SeccompError::NoDefaultAction) };
        };
        Ok(Some(Seccomp {
            default_action,
            default_errno_ret: self.default_errno_ret,
            architectures: self.architectures_on(circumstances.arch),
            flags: self.flags.clone(),
            listener_path: self.listener_path.clone(),
            listener_metadata: self.listener_metadata.clone(),
            syscalls: self
                .syscalls
                .iter()
                .filter(|rule| rule.holds(circumstances))
                .map(ProfileRule::to_spec)
                .collect(),
        }))
    }

    fn architectures_on(&self, native: Arch) -> Vec<SeccompArch> {
        let mut architectures = self.architectures.clone();
        if let Some(entry) = self.arch_map.iter().find(|entry| entry.architecture == native.spec()) {
            architectures.push(entry.architecture);
            architectures.extend(&entry.sub_architectures);
        }
        architectures
    }
}

impl ProfileRule {
    fn holds(&self, on: &Circumstances<'_>) -> bool {
        self.includes.all_hold(on) && !self.excludes.any_holds(on)
    }

    fn to_spec(&self) -> SeccompSyscall {
        let names = if self.name.is_empty() { self.names.clone() } else { vec![self.name.clone()] };
        SeccompSyscall { names, action: self.action, errno_ret: self.errno_ret, args: self.args.clone() }
    }
}

impl Facts {
    fn all_hold(&self, on: &Circumstances<'_>) -> bool {
        self.caps.iter().all(|name| on.has(name))
            && (self.arches.is_empty() || self.names(on.arch))
            && self.min_kernel.is_none_or(|least| on.kernel >= least)
    }

    fn any_holds(&self, on: &Circumstances<'_>) -> bool {
        self.caps.iter().any(|name| on.has(name))
            || self.names(on.arch)
            || self.min_kernel.is_some_and(|least| on.kernel >= least)
    }

    fn names(&self, arch: Arch) -> bool {
        self.arches.iter().any(|name| name == arch.docker())
    }
}

impl Circumstances<'_> {
    /// A name that no capability has is one that the container does not have.
    fn has(&self, capability: &str) -> bool {
        self.capabilities
            .iter()
            .any(|held| capability.strip_prefix("CAP_").is_some_and(|bare| bare == held.bare_name()))
    }
}

/// Encoders written in Go write an absent list or object as `null`.
fn null_as_empty<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// An empty word stands for no action.
fn empty_as_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SeccompAction>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Word {
        Action(SeccompAction),
        Text(String),
    }
    match Option::deserialize(deserializer)? {
        None => Ok(None),
        Some(Word::Action(action)) => Ok(Some(action)),
        Some(Word::Text(text)) if text.is_empty() => Ok(None),
        Some(Word::Text(text)) => {
            Err(serde::de::Error::custom(format!("unknown action `{text}` in `defaultAction`")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use corten_spec::runtime::capability;

    fn resolve(json: &str, capabilities: &[Capability], arch: Arch) -> Result<Option<Seccomp>, SeccompError> {
        let kernel = KernelVersion { major: 5, minor: 14 };
        Profile::parse(json.as_bytes())?.resolve(&Circumstances { capabilities, arch, kernel })
    }

    fn names(json: &str, capabilities: &[Capability], arch: Arch) -> Vec<String> {
        let rules = resolve(json, capabilities, arch).unwrap().unwrap().syscalls;
        rules.into_iter().flat_map(|rule| rule.names).collect()
    }

    const CONDITIONAL: &str = r#"{
        "defaultAction": "SCMP_ACT_ERRNO",
        "archMap": [{"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"]}],
        "syscalls": [
            {"names": ["chroot"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_CHROOT"]}},
            {"names": ["bpf"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_BPF", "CAP_SYS_ADMIN"]}},
            {"names": ["clone"], "action": "SCMP_ACT_ALLOW", "excludes": {"caps": ["CAP_SYS_ADMIN", "CAP_BPF"]}},
            {"names": ["set_tls"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["arm", "arm64"]}},
            {"names": ["uselib"], "action": "SCMP_ACT_ALLOW", "excludes": {"arches": ["arm64"]}},
            {"names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "5.14"}},
            {"name": "mseal", "action": "SCMP_ACT_ALLOW", "args": null, "includes": {"minKernel": "6.10"}},
            {"name": "read", "action": "SCMP_ACT_ALLOW", "args": [], "includes": {}, "excludes": null, "comment": ""}
        ]
    }"#;

    #[test]
    fn rules_hold_by_capability_architecture_and_kernel() {
        assert_eq!(names(CONDITIONAL, &[], Arch::X86_64), ["clone", "uselib", "ptrace", "read"]);
        assert_eq!(names(CONDITIONAL, &[], Arch::Aarch64), ["clone", "set_tls", "ptrace", "read"]);
        let bpf = [capability::parse("CAP_BPF").unwrap(), capability::parse("CAP_SYS_CHROOT").unwrap()];
        assert_eq!(names(CONDITIONAL, &bpf, Arch::X86_64), ["chroot", "uselib", "ptrace", "read"]);
        assert_eq!(
            names(CONDITIONAL, &capability::ALL, Arch::X86_64),
            ["chroot", "bpf", "uselib", "ptrace", "read"]
        );
    }

    #[test]
    fn companions_are_those_of_the_native_architecture() {
        let architectures = |arch| resolve(CONDITIONAL, &[], arch).unwrap().unwrap().architectures;
        assert_eq!(architectures(Arch::Aarch64), [SeccompArch::Aarch64, SeccompArch::Arm]);
        assert_eq!(architectures(Arch::X86_64), []);
    }

    #[test]
    fn an_oci_document_is_a_profile_without_conditions() {
        let json = r#"{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86"], "flags": ["SECCOMP_FILTER_FLAG_LOG"],
            "syscalls": [{"names": ["socket"], "action": "SCMP_ACT_ERRNO", "errnoRet": 97,
                "args": [{"index": 0, "value": 16, "op": "SCMP_CMP_EQ"}]}]}"#;
        let resolved = resolve(json, &[], Arch::X86_64).unwrap().unwrap();
        assert_eq!(resolved, serde_json::from_str(json).unwrap());
    }

    #[test]
    fn an_empty_profile_is_no_filter_as_with_docker() {
        for json in ["{}", r#"{"defaultAction": "", "syscalls": null}"#] {
            assert_eq!(resolve(json, &[], Arch::X86_64).unwrap(), None, "{json}");
        }
    }

    #[test]
    fn what_docker_refuses_is_refused_in_its_words() {
        let refusal = |json: &str| resolve(json, &[], Arch::X86_64).unwrap_err();
        let both = r#"{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86"],
            "archMap": [{"architecture": "SCMP_ARCH_X86_64"}]}"#;
        assert!(matches!(refusal(both), SeccompError::ArchitecturesTwice));
        let twice = r#"{"syscalls": [{"name": "read", "names": ["read"], "action": "SCMP_ACT_ALLOW"}]}"#;
        assert!(matches!(refusal(twice), SeccompError::NamesTwice));
        let baseless = r#"{"syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW"}]}"#;
        assert!(matches!(refusal(baseless), SeccompError::NoDefaultAction));
        for json in [
            "",
            "[]",
            r#"{"defaultAction": "SCMP_ACT_MAYBE"}"#,
            r#"{"syscalls": [{"names": ["x"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "new"}}]}"#,
        ] {
            assert!(matches!(refusal(json), SeccompError::Parse { .. }), "{json}");
        }
    }
}
