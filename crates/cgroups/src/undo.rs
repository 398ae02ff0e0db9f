//! What limits were before they were changed, so that a change that fails half-way can be taken back.

use std::path::{Path, PathBuf};

use crate::error::CgroupsError;
use crate::file;

/// Values to write back, in the order in which they were replaced.
#[derive(Debug, Default)]
pub(crate) struct Undo(Vec<(PathBuf, String)>);

impl Undo {
    /// Remembers what `value` is about to replace in a file. A file that is not there is not written either.
    ///
    /// # Errors
    /// [`CgroupsError::File`].
    pub(crate) fn remember(&mut self, directory: &Path, name: &str, value: &str) -> Result<(), CgroupsError> {
        let path = directory.join(name);
        if let Some(content) = file::read(&path)? {
            self.0.push((path, before(name, &content, value)));
        }
        Ok(())
    }

    /// Writes everything back, the last change first: the kernel has accepted each of the states in between.
    ///
    /// Returns `refused`, the reason for it, with what the kernel does not take back.
    pub(crate) fn put_back(self, refused: CgroupsError) -> CgroupsError {
        let mut values: Vec<(PathBuf, String)> = self.0.into_iter().rev().collect();
        // A value that is checked against another may have to wait for that one.
        values.retain(|(path, value)| file::put(path, value).is_err());
        values.into_iter().fold(refused, |refused, (path, value)| match file::put(&path, &value) {
            Ok(()) => refused,
            Err(source) => CgroupsError::NotPutBack { refused: Box::new(refused), value, path, source },
        })
    }
}

/// What has to be written to a file of this `content` to undo a write of `value`. Pure.
fn before(name: &str, content: &str, value: &str) -> String {
    let key = value.split(' ').next().unwrap_or_default();
    if key.contains(':') {
        let of_key = |line: &&str| line.split(' ').next() == Some(key);
        let present = content.lines().find(of_key).map(str::to_owned);
        return present.unwrap_or_else(|| format!("{key} {}", unset(name)));
    }
    if name == "memory.oom_control" {
        let state = content.lines().find_map(|line| line.strip_prefix("oom_kill_disable "));
        return state.unwrap_or("0").to_owned();
    }
    // An empty set of CPUs is written as an empty line: nothing at all would be no write.
    if content.is_empty() {
        return "\n".to_owned();
    }
    // A weight that devices may have of their own begins with that of all others.
    let first = content.lines().next().unwrap_or_default();
    first.strip_prefix("default ").unwrap_or(first).to_owned()
}

/// What a device has that is not listed.
fn unset(name: &str) -> &'static str {
    match name {
        "io.max" => "rbps=max wbps=max riops=max wiops=max",
        "io.weight" | "io.bfq.weight" => "default",
        _ => "0",
    }
}

#[cfg(test)]
mod tests {
    use super::before;

    #[test]
    fn a_plain_value_is_the_content() {
        assert_eq!(before("cpu.max", "max 100000", "2000 100000"), "max 100000");
        assert_eq!(before("cpuset.cpus", "", "0"), "\n");
        assert_eq!(before("memory.oom_control", "oom_kill_disable 1\nunder_oom 0", "0"), "1");
        assert_eq!(before("io.weight", "default 100\n8:0 50", "300"), "100");
    }

    #[test]
    fn a_device_gets_its_own_line_back_or_none() {
        let content = "8:0 rbps=1 wbps=max riops=max wiops=max\n8:16 rbps=2 wbps=max riops=max wiops=max";
        assert_eq!(before("io.max", content, "8:16 rbps=9"), "8:16 rbps=2 wbps=max riops=max wiops=max");
        assert_eq!(before("io.max", content, "8:1 rbps=9"), "8:1 rbps=max wbps=max riops=max wiops=max");
        assert_eq!(before("io.bfq.weight", "default 100", "8:0 50"), "8:0 default");
        assert_eq!(before("blkio.throttle.read_bps_device", "", "8:0 50"), "8:0 0");
    }
}
