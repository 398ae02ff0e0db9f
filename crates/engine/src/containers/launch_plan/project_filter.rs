//! What a container whose files are limited may not do: take them out of the project that is limited. Pure.
//!
//! To the kernel a project is an attribute of a file, which its owner may change, unless that owner lives in a user namespace
//! (linux/fs/file_attr.c, `fileattr_set_prepare`).

use corten_spec::runtime::{Seccomp, SeccompAction, SeccompArg, SeccompOperator, SeccompSyscall};

/// `FS_IOC_FSSETXATTR`, and `FS_IOC_SETFLAGS` for programs of both widths, whose flags tell directories not to hand on their project.
const COMMANDS: [u64; 3] = [0x401c_5820, 0x4008_6602, 0x4004_6602];

/// `EOPNOTSUPP`: as on a file system without such attributes, which programs that set them know.
const ERRNO: u32 = 95;

/// Has a filter refuse the calls that change the project of a file, whatever it says of them.
pub(in crate::containers) fn keep_projects(filter: &mut Seccomp) {
    let is_ioctl = |name: &String| name == "ioctl";
    for rule in filter.syscalls.iter_mut().filter(|rule| rule.args.is_empty()) {
        if let Some(place) = rule.names.iter().position(is_ioctl) {
            rule.names.remove(place);
            let (action, errno_ret) = (rule.action, rule.errno_ret);
            // One without conditions would go before those with some. No bit of the mask is set, so it always holds.
            filter.syscalls.push(conditional("ioctl", action, errno_ret, (0, 0)));
            break;
        }
    }
    let refused = COMMANDS
        .map(|command| conditional("ioctl", SeccompAction::Errno, Some(ERRNO), (0xffff_ffff, command)));
    filter.syscalls.splice(0..0, refused);
    // Younger than other profiles; naming it there would change what is said of calls as young.
    if matches!(filter.default_action, SeccompAction::Allow | SeccompAction::Log) {
        let names = vec!["file_setattr".to_owned()];
        let action = SeccompAction::Errno;
        filter.syscalls.push(SeccompSyscall { names, action, errno_ret: Some(ERRNO), args: Vec::new() });
    }
}

/// A rule about the second argument: those of its bits that `mask` has are `value`'s. The kernel reads but 32 of them (ioctl(2)).
fn conditional(
    name: &str,
    action: SeccompAction,
    errno_ret: Option<u32>,
    (mask, value): (u64, u64),
) -> SeccompSyscall {
    let condition = SeccompArg { index: 1, value: mask, value_two: value, op: SeccompOperator::MaskedEqual };
    SeccompSyscall { names: vec![name.to_owned()], action, errno_ret, args: vec![condition] }
}

#[cfg(test)]
mod tests {
    use corten_seccomp::{Arch, Circumstances, Profile, compile};

    use super::*;

    fn filter(profile: &Profile) -> Seccomp {
        let kernel = "6.1".parse().unwrap();
        let circumstances = Circumstances { capabilities: &[], arch: Arch::HOST, kernel };
        let mut filter = profile.resolve(&circumstances).unwrap().unwrap();
        keep_projects(&mut filter);
        filter
    }

    #[test]
    fn what_changes_projects_is_refused_before_the_rest_is_allowed() {
        let filter = filter(&Profile::docker_default());
        let about: Vec<&SeccompSyscall> =
            filter.syscalls.iter().filter(|rule| rule.names.iter().any(|name| name == "ioctl")).collect();
        let actions: Vec<_> = about.iter().map(|rule| (rule.action, rule.args[0].value_two)).collect();
        let refused = COMMANDS.map(|command| (SeccompAction::Errno, command));
        assert_eq!(actions[..3], refused);
        assert_eq!(actions[3..], [(SeccompAction::Allow, 0)]);
        compile(&filter, Arch::HOST).unwrap();
    }

    #[test]
    fn a_profile_that_allows_what_it_does_not_name_is_told_of_the_younger_call() {
        let profile = Profile::parse(br#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": []}"#).unwrap();
        let names: Vec<String> = filter(&profile).syscalls.into_iter().flat_map(|rule| rule.names).collect();
        assert_eq!(names, ["ioctl", "ioctl", "ioctl", "file_setattr"]);
    }
}
