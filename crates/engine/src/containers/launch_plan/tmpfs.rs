//! `--tmpfs`: options that the kernel's file systems in memory take. Pure.

use corten_spec::runtime::Mount;

use super::volume_flag::absolute_target;
use crate::error::EngineError;

/// What `--tmpfs target:options` mounts.
pub(super) fn mount(target: &str, options: &str) -> Result<Mount, EngineError> {
    let mut words: Vec<String> = ["noexec", "nosuid", "nodev"].map(str::to_owned).to_vec();
    for option in options.split(',').filter(|option| !option.is_empty()) {
        check_tmpfs_option(option, target)?;
        // `exec` must undo the default, not stand beside it.
        words.retain(|word| word.strip_prefix("no") != Some(option));
        words.push(option.to_owned());
    }
    Ok(Mount {
        destination: absolute_target(target)?,
        kind: "tmpfs".to_owned(),
        source: "tmpfs".to_owned(),
        options: words,
        ..Mount::default()
    })
}

/// Whether such a file system takes this option.
///
/// # Errors
/// [`EngineError::Invalid`], naming `target`.
pub(crate) fn check_tmpfs_option(option: &str, target: &str) -> Result<(), EngineError> {
    const WORDS: [&str; 14] = [
        "ro",
        "rw",
        "exec",
        "noexec",
        "suid",
        "nosuid",
        "dev",
        "nodev",
        "atime",
        "noatime",
        "diratime",
        "nodiratime",
        "relatime",
        "strictatime",
    ];
    const VALUES: [&str; 6] = ["size", "mode", "uid", "gid", "nr_inodes", "nr_blocks"];
    let known = match option.split_once('=') {
        Some((name, value)) => VALUES.contains(&name) && !value.is_empty(),
        None => WORDS.contains(&option),
    };
    known
        .then_some(())
        .ok_or_else(|| EngineError::Invalid(format!("invalid tmpfs option {option:?} for {target}")))
}
