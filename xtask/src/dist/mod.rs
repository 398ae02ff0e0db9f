//! One static program under `dist/`, for this machine's architecture.
//!
//! It packs nothing and signs nothing: the program is all there is to download.

mod elf;

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use crate::{
    error::{Error, Result},
    metadata::{self, Metadata},
    process, workspace,
};

/// Builds, checks, and says what was made.
pub(crate) fn run() -> Result<()> {
    process::run_cargo(&["build", "--release", "--locked", "--package", "corten"])?;
    let metadata = Metadata::load()?;
    let triple = metadata::host_triple()?;
    let built = metadata.target_directory.join(&triple);

    let program = read(&built.join("release/corten"))?;
    let monitor = read(&built.join("embedded").join(&triple).join("monitor/corten-monitor"))?;
    check_static("corten", &program)?;
    check_static("corten-monitor", &monitor)?;
    if !contains(&program, &monitor) {
        return Err(not_static("corten", "the small binary is not inside"));
    }
    lay_down(&program, monitor.len())
}

fn lay_down(program: &[u8], monitor_size: usize) -> Result<()> {
    let directory = workspace::root().join("dist");
    fs::create_dir_all(&directory).map_err(Error::file("create", &directory))?;
    let path = directory.join("corten");
    // A running copy of an earlier one is not written to, but replaced.
    let fresh = directory.join(".corten.new");
    fs::write(&fresh, program).map_err(Error::file("write", &fresh))?;
    make_executable(&fresh)?;
    fs::rename(&fresh, &path).map_err(Error::file("create", &path))?;
    println!("{}", workspace::relative(&path).display());
    println!("  size    {} bytes, {monitor_size} of them the monitor", program.len());
    println!("  sha256  {}", hex(&Sha256::digest(program)));
    Ok(())
}

fn make_executable(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).map_err(Error::file("make executable", path))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(Error::file("read", path))
}

fn check_static(name: &str, program: &[u8]) -> Result<()> {
    elf::check_static(program).map_err(|reason| not_static(name, reason))
}

fn not_static(name: &str, reason: &str) -> Error {
    Error::NotStatic { path: PathBuf::from(name), reason: reason.to_owned() }
}

/// Looks only where a copy could begin: both are megabytes.
fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    let Some(first) = needle.get(..16) else { return true };
    haystack.windows(16).enumerate().any(|(at, window)| window == first && haystack[at..].starts_with(needle))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_program_is_found_whole_or_not_at_all() {
        let needle = *b"0123456789abcdefXYZ";
        let whole = [b"...".as_slice(), &needle, b"..."].concat();
        assert!(contains(&whole, &needle));
        assert!(!contains(&whole[..20], &needle));
    }

    #[test]
    fn digests_are_written_in_lower_case_with_leading_zeros() {
        assert_eq!(hex(&[0, 10, 255]), "000aff");
    }
}
