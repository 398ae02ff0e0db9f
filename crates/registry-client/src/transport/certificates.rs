//! Certificates and keys for one registry, in files as Docker has them: `certs.d/<host>/{*.crt,*.cert,*.key}`.
//! Nothing below other names is opened.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::ResolvesClientCert;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};

use super::Provider;
use crate::error::Error;
use crate::host::Host;

/// What the directories say about one host.
#[derive(Debug, Default)]
pub(super) struct Certificates {
    /// Authorities to believe beside the system's (`*.crt`), each with its file.
    pub(super) authorities: Vec<(PathBuf, CertificateDer<'static>)>,
    /// A certificate for the client and its key (`NAME.cert` and `NAME.key`).
    pair: Option<(PathBuf, PathBuf)>,
}

impl Certificates {
    /// Reads what `directories` have for `host`.
    ///
    /// # Errors
    /// [`Error::Certificate`] for a file that cannot be read, a certificate without its key, and a key without its certificate.
    pub(super) fn of_host(directories: &[PathBuf], host: &Host) -> Result<Self, Error> {
        let mut all = Self::default();
        for directory in directories {
            for spelling in host.spellings("https") {
                for path in list(&directory.join(spelling))? {
                    all.add(&path)?;
                }
            }
        }
        Ok(all)
    }

    /// What proves the client's identity, if there is something.
    pub(super) fn identity(self, provider: &Provider) -> Result<Option<Arc<dyn ResolvesClientCert>>, Error> {
        let Some((certificate, key)) = self.pair else { return Ok(None) };
        let chain = read_certificates(&certificate)?;
        let private = PrivateKeyDer::from_pem_slice(&read(&key)?).map_err(|error| bad(&key, error))?;
        let pair = CertifiedKey::from_der(chain, private, provider).map_err(|error| bad(&key, error))?;
        Ok(Some(Arc::new(SingleCertAndKey::from(pair))))
    }

    fn add(&mut self, path: &Path) -> Result<(), Error> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("crt") => {
                let certificates = read_certificates(path)?;
                self.authorities
                    .extend(certificates.into_iter().map(|certificate| (path.to_owned(), certificate)));
            }
            Some("cert") => {
                let key = path.with_extension("key");
                if !key.exists() {
                    return Err(bad(path, format!("missing key `{}` for client certificate", key.display())));
                }
                // The first of several, by name.
                self.pair.get_or_insert_with(|| (path.to_owned(), key));
            }
            Some("key") if !path.with_extension("cert").exists() => {
                let certificate = path.with_extension("cert");
                return Err(bad(
                    path,
                    format!("missing client certificate `{}` for key", certificate.display()),
                ));
            }
            _ => {}
        }
        Ok(())
    }
}

fn list(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(bad(directory, error)),
    };
    let paths: Result<Vec<PathBuf>, io::Error> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.map_err(|error| bad(directory, error))?;
    paths.sort();
    Ok(paths)
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|error| bad(path, error))
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let text = read(path)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match certificates {
        Ok(certificates) if certificates.is_empty() => Err(bad(path, "there is no certificate in it")),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(bad(path, error)),
    }
}

fn bad(path: &Path, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::Certificate { path: path.to_owned(), source: source.into() }
}
