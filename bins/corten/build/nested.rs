//! Runs cargo inside cargo, for programs that need other flags than the one that is being built.
//!
//! The inner cargo works in a target directory of its own, so that it never waits for the lock that the outer one holds.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{dep_info, named, variable};

const PROFILE: &str = "monitor";
/// Static, and at a fixed address: a relocated copy would cost every monitor its own dirty pages.
const RUSTFLAGS: &[&str] = &["-C", "target-feature=+crt-static", "-C", "relocation-model=static"];
/// What the outer cargo (or clippy) set for this build script, and what would change where or how the inner one builds.
const CLEARED: &[&str] = &[
    "CARGO_BUILD_BUILD_DIR",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_TARGET_DIR",
    "CLIPPY_ARGS",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTFLAGS",
];

pub(crate) struct Nested {
    workspace: PathBuf,
    target_dir: PathBuf,
    triple: String,
}

impl Nested {
    /// `out_dir` is `<target>/<triple>/<profile>/build/<package>/out`. The inner target directory lies beside the profiles:
    /// debug and release builds of `corten` embed the very same programs.
    pub(crate) fn new(out_dir: &Path) -> io::Result<Nested> {
        let manifest_dir = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
        let above = |path: &Path, levels| {
            path.ancestors().nth(levels).map(Path::to_owned).ok_or_else(|| {
                io::Error::other(format!("`{}` lies less than {levels} directories deep", path.display()))
            })
        };
        Ok(Nested {
            workspace: above(&manifest_dir, 2)?,
            target_dir: above(out_dir, 4)?.join("embedded"),
            triple: variable("TARGET")?,
        })
    }

    /// Builds `packages` and returns the directory with their programs. The outer cargo comes back here when one of their
    /// sources has changed.
    pub(crate) fn build(&self, packages: &[&str]) -> io::Result<PathBuf> {
        let mut cargo = Command::new(variable("CARGO")?);
        cargo.current_dir(&self.workspace).args(["build", "--quiet", "--locked", "--profile", PROFILE]);
        cargo.arg("--target").arg(&self.triple).arg("--target-dir").arg(&self.target_dir);
        cargo.args(packages.iter().flat_map(|package| ["--package", package]));
        cargo.env("CARGO_ENCODED_RUSTFLAGS", RUSTFLAGS.join("\u{1f}"));
        for name in CLEARED {
            cargo.env_remove(name);
        }
        let status = cargo.status()?;
        if !status.success() {
            return Err(io::Error::other(format!("cargo build of {}: {status}", packages.join(" and "))));
        }
        let programs = self.target_dir.join(&self.triple).join(PROFILE);
        self.watch(&programs)?;
        Ok(programs)
    }

    fn watch(&self, programs: &Path) -> io::Result<()> {
        let mut watched =
            BTreeSet::from([self.workspace.join("Cargo.lock"), self.workspace.join("Cargo.toml")]);
        for entry in fs::read_dir(programs).map_err(|error| named(programs, &error))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "d") {
                let text = fs::read_to_string(&path).map_err(|error| named(&path, &error))?;
                for source in dep_info::sources(&text) {
                    watched.extend(manifest_of(&source));
                    watched.insert(source);
                }
            }
        }
        let own = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("build");
        watched.insert(own);
        for path in watched {
            println!("cargo::rerun-if-changed={}", path.display());
        }
        Ok(())
    }
}

/// The `Cargo.toml` of the package that `source` belongs to.
fn manifest_of(source: &Path) -> Option<PathBuf> {
    source
        .ancestors()
        .skip(1)
        .map(|directory| directory.join("Cargo.toml"))
        .find(|manifest| manifest.exists())
}
