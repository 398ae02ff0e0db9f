//! Where an engine is: its address, and what TLS there needs.
//!
//! Which of several it is, `connect` and `contexts` say.

mod address;
mod ssh;
mod tls_files;

use std::sync::Arc;

use corten_api_client::{Connector, Program, Tcp, Tls, TlsMaterial, UnixSocket};

pub(crate) use address::normalise;
pub(crate) use tls_files::{asked_for_tls, is_asked_for as is_tls_asked_for, material_of};

use crate::failure::{Failure, Outcome};

/// Where an engine is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// `unix:///run/corten/corten.sock`, `tcp://host:2376`, `ssh://user@host`.
    pub(crate) host: String,
    /// What TLS needs; without it TCP is plain.
    pub(crate) tls: Option<TlsMaterial>,
}

impl Endpoint {
    /// What makes connections to it.
    ///
    /// # Errors
    /// An address that says nothing, or certificates that are none, in Docker's words.
    pub(crate) fn connector(&self) -> Outcome<Arc<dyn Connector>> {
        match self.host.split_once("://") {
            Some(("ssh", _)) => {
                let arguments = ssh::arguments(&self.host)?;
                Ok(Arc::new(Program::new("ssh", arguments, &self.host)))
            }
            Some(("unix", path)) if !path.is_empty() => Ok(Arc::new(UnixSocket::new(path))),
            Some((scheme @ ("tcp" | "http" | "https"), rest)) if !rest.is_empty() => {
                let tls = match &self.tls {
                    None if scheme == "https" => Some(&TlsMaterial::default()),
                    tls => tls.as_ref(),
                };
                let tls = tls.map(Tls::new).transpose();
                let tls = tls.map_err(|error| Failure::new(corten_error::chain(&error)))?;
                let (host, port, path) = address::parts(rest)?;
                Ok(Arc::new(Tcp::new(&host, port, &path, tls)))
            }
            Some((scheme @ ("fd" | "npipe"), _)) => {
                Err(Failure::new(format!("protocol not available: {scheme}")))
            }
            _ => Err(Failure::new(format!("unable to parse docker host `{}`", self.host))),
        }
    }
}
