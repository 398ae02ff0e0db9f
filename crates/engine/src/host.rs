//! Facts of the host that the engine asks for: read once, or cheap.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use rustix::system::uname;

use crate::containers::SecurityModules;
use crate::error::EngineError;

/// The kernel, the machine and the distribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KernelFacts {
    /// `6.1.0-18-amd64`.
    pub release: String,
    /// When and how it was built.
    pub version: String,
    /// `x86_64`.
    pub machine: String,
    /// The host's name.
    pub host_name: String,
    /// `Debian GNU/Linux 12 (bookworm)`.
    pub distribution: String,
    /// `12`.
    pub distribution_version: String,
}

/// What `path` lies on, in Docker's words for the magic numbers of linux/magic.h.
pub(crate) fn file_system(path: &Path) -> &'static str {
    match rustix::fs::statfs(path).map(|found| found.f_type) {
        Ok(0xef53) => "extfs",
        Ok(0x5846_5342) => "xfs",
        Ok(0x9123_683e) => "btrfs",
        Ok(0x794c_7630) => "overlayfs",
        Ok(0x0102_1994) => "tmpfs",
        Ok(0x2fc1_2fc1) => "zfs",
        Ok(0xf2f5_2010) => "f2fs",
        Ok(0x6969) => "nfs",
        _ => "<unknown>",
    }
}

/// The kernel's name for this boot.
pub(crate) fn boot_id() -> Result<&'static str, EngineError> {
    static BOOT: OnceLock<String> = OnceLock::new();
    if let Some(boot) = BOOT.get() {
        return Ok(boot);
    }
    let path = Path::new("/proc/sys/kernel/random/boot_id");
    let text =
        fs::read_to_string(path).map_err(|source| EngineError::ReadFile { path: path.to_owned(), source })?;
    Ok(BOOT.get_or_init(|| text.trim().to_owned()))
}

/// How many CPUs this host could have: the last of `0-7` (cpu/possible in the kernel's ABI documents).
pub(crate) fn possible_cpus() -> u32 {
    let text = fs::read_to_string("/sys/devices/system/cpu/possible").unwrap_or_default();
    let last = text.trim().rsplit([',', '-']).next().and_then(|last| last.parse::<u32>().ok());
    last.map_or(1, |last| last.saturating_add(1))
}

/// The CPUs in use, as `0-7`; empty where the kernel does not tell.
pub(crate) fn online_cpus() -> String {
    fs::read_to_string("/sys/devices/system/cpu/online").unwrap_or_default()
}

/// The memory nodes in use, as `0-1`; empty where the kernel does not tell.
pub(crate) fn online_memory_nodes() -> String {
    fs::read_to_string("/sys/devices/system/node/online").unwrap_or_default()
}

/// Whether the kernel runs AppArmor (its module parameter says so) and SELinux (its file system exists only then).
pub(crate) fn security_modules() -> SecurityModules {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    SecurityModules {
        apparmor: read("/sys/module/apparmor/parameters/enabled").starts_with('Y'),
        selinux: read("/proc/filesystems").lines().any(|line| line.ends_with("\tselinuxfs")),
    }
}

/// Nanoseconds of CPU time that the machine has used and idled away, and how many CPUs it has online (proc(5), `/proc/stat`).
pub(crate) fn cpu_time() -> Result<(u64, u32), EngineError> {
    let path = Path::new("/proc/stat");
    let text =
        fs::read_to_string(path).map_err(|source| EngineError::ReadFile { path: path.to_owned(), source })?;
    Ok(parse_cpu_time(&text))
}

/// The line `cpu` has all of them, in hundredths of a second: seven counters, then those that count guests, who are in them already.
fn parse_cpu_time(text: &str) -> (u64, u32) {
    const TICK: u64 = 10_000_000;
    let lines = || text.lines().map_while(|line| line.strip_prefix("cpu"));
    let all = lines().next().unwrap_or_default();
    let ticks: u64 = all.split_ascii_whitespace().take(7).filter_map(|word| word.parse::<u64>().ok()).sum();
    let cpus = lines().filter(|line| line.starts_with(|first: char| first.is_ascii_digit())).count();
    (ticks.saturating_mul(TICK), u32::try_from(cpus).unwrap_or(u32::MAX))
}

/// Bytes of memory (sysinfo(2)).
pub(crate) fn total_memory() -> u64 {
    let info = rustix::system::sysinfo();
    info.totalram.saturating_mul(u64::from(info.mem_unit))
}

/// Reads the facts.
pub(crate) fn kernel() -> KernelFacts {
    let uname = uname();
    let text = |part: &std::ffi::CStr| part.to_string_lossy().into_owned();
    // os-release(5): /etc first, then the vendor's; a host without either is just "Linux".
    let release = fs::read_to_string("/etc/os-release")
        .or_else(|_| fs::read_to_string("/usr/lib/os-release"))
        .unwrap_or_default();
    KernelFacts {
        release: text(uname.release()),
        version: text(uname.version()),
        machine: text(uname.machine()),
        host_name: text(uname.nodename()),
        distribution: os_release_value(&release, "PRETTY_NAME").unwrap_or_else(|| "Linux".to_owned()),
        distribution_version: os_release_value(&release, "VERSION_ID").unwrap_or_default(),
    }
}

fn os_release_value(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
    Some(line.trim_matches(['"', '\'']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::{os_release_value, parse_cpu_time};

    #[test]
    fn guests_are_counted_once() {
        let text = "cpu  1 2 3 4 5 6 7 0 100 100\ncpu0 1 1 1 1 1 1 1 0 0 0\ncpu1 0 1 2 3 4 5 6 0 0 0\nintr 9\ncpu2 1\n";
        assert_eq!(parse_cpu_time(text), (280_000_000, 2));
    }

    #[test]
    fn a_quoted_value_loses_its_quotes_and_a_longer_name_does_not_match() {
        let text = "NAME_X=no\nNAME=\"A Linux\"\nVERSION_ID=12\n";
        assert_eq!(os_release_value(text, "NAME").as_deref(), Some("A Linux"));
        assert_eq!(os_release_value(text, "VERSION_ID").as_deref(), Some("12"));
        assert_eq!(os_release_value(text, "ID"), None);
    }
}
