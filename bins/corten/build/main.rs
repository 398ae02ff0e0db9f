//! Builds what the `corten` program carries inside: the small binary, and the archive of the hello image.
//!
//! Both are optimised and static whatever profile `corten` itself is built with, so that tests meet the program that
//! users get. The code of `corten` finds them under the paths in `CORTEN_MONITOR_PATH` and `CORTEN_HELLO_IMAGE_PATH`,
//! and the SHA-256 of the small binary in `CORTEN_MONITOR_HASH`. This decides nothing about how they are used.

mod dep_info;
mod hello_image;
mod nested;

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use nested::Nested;

/// Names a small binary that was built elsewhere, to be embedded in place of our own.
const PREBUILT: &str = "CORTEN_MONITOR_BINARY";

fn main() -> ExitCode {
    match embed() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot build what corten carries inside: {error}");
            ExitCode::FAILURE
        }
    }
}

fn embed() -> io::Result<()> {
    let out_dir = PathBuf::from(variable("OUT_DIR")?);
    println!("cargo::rerun-if-env-changed={PREBUILT}");
    let prebuilt = env::var_os(PREBUILT).map(PathBuf::from);
    if let Some(path) = &prebuilt {
        println!("cargo::rerun-if-changed={}", path.display());
    }

    let mut packages = vec!["corten-hello"];
    if prebuilt.is_none() {
        packages.push("corten-monitor-program");
    }
    let nested = Nested::new(&out_dir)?;
    let built = nested.build(&packages)?;

    let monitor = prebuilt.unwrap_or_else(|| built.join("corten-monitor"));
    let monitor = fs::read(&monitor).map_err(|error| named(&monitor, &error))?;
    let hello = built.join("hello");
    let hello = fs::read(&hello).map_err(|error| named(&hello, &error))?;
    let image = hello_image::archive(hello, &variable("CARGO_CFG_TARGET_ARCH")?)?;

    let hash = corten_image_archive::digest(&monitor);
    println!("cargo::rustc-env=CORTEN_MONITOR_HASH={}", hash.trim_start_matches("sha256:"));
    publish("CORTEN_MONITOR_PATH", &out_dir.join("corten-monitor"), &monitor)?;
    publish("CORTEN_HELLO_IMAGE_PATH", &out_dir.join("hello.oci.tar"), &image)
}

/// Lays `bytes` down at `path` and tells the compiler of `corten` about it. The copy belongs to this build alone: what
/// another profile builds later into the shared directory does not change it under our feet.
fn publish(name: &str, path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::write(path, bytes).map_err(|error| named(path, &error))?;
    println!("cargo::rustc-env={name}={}", path.display());
    Ok(())
}

fn variable(name: &str) -> io::Result<String> {
    env::var(name).map_err(|error| io::Error::other(format!("environment variable `{name}`: {error}")))
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("`{}`: {error}", path.display()))
}
