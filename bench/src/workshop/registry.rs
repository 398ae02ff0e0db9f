//! A registry on loopback: Debian's `docker-registry`, with what it holds in the workshop.
//!
//! It serves whoever asks; nothing outside this machine can.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::daemon::Daemon;
use crate::error::{Error, Result};

/// See the module.
#[derive(Debug)]
pub struct Registry {
    address: String,
    storage: PathBuf,
    _daemon: Daemon,
}

impl Registry {
    /// Starts one that keeps its files below `directory`.
    ///
    /// # Errors
    /// In words.
    pub fn start(directory: &Path) -> std::result::Result<Registry, String> {
        let words = |error: std::io::Error| error.to_string();
        let storage = directory.join("storage");
        std::fs::create_dir_all(&storage).map_err(words)?;
        // Free at this moment; nobody else on this machine is looking for one.
        let free =
            TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).map_err(words)?;
        let address = free.to_string();
        let configuration = directory.join("registry.yml");
        let text = format!(
            "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\nstorage: {{filesystem: {{rootdirectory: \"{}\"}}}}\n\
             http: {{addr: \"{address}\"}}\n",
            storage.display()
        );
        std::fs::write(&configuration, text).map_err(words)?;
        let program = crate::contender::installed("docker-registry")?;
        let command = [program, "serve".into(), configuration].map(|word| word.display().to_string());
        let daemon =
            Daemon::start(&command, &directory.join("log"), || TcpStream::connect(&address).is_ok())?;
        Ok(Registry { address, storage, _daemon: daemon })
    }

    /// The name of an image there.
    #[must_use]
    pub fn name(&self, repository_and_tag: &str) -> String {
        format!("{}/{repository_and_tag}", self.address)
    }

    /// Where its files are; without them, it is empty.
    #[must_use]
    pub fn storage(&self) -> &Path {
        &self.storage
    }

    /// Copies the first image of an OCI layout into it.
    ///
    /// # Errors
    /// [`Error::Command`], [`Error::File`].
    pub fn fill(&self, layout: &Path, repository_and_tag: &str) -> Result<()> {
        let mut skopeo = Command::new("skopeo");
        skopeo.args(["copy", "--quiet", "--insecure-policy", "--dest-tls-verify=false"]);
        skopeo
            .arg(format!("oci:{}", layout.display()))
            .arg(format!("docker://{}", self.name(repository_and_tag)));
        let output = skopeo.output().map_err(Error::file("run", "skopeo"))?;
        if output.status.success() {
            return Ok(());
        }
        let errors = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        let (command, exit_code) = ("skopeo copy".to_owned(), output.status.code().unwrap_or(-1));
        Err(Error::Command { command, exit_code, errors })
    }
}
