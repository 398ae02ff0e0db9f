//! Which files TLS is made of: flags, `DOCKER_CERT_PATH`, or those in the directory of the configuration.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use corten_api_client::TlsMaterial;

use crate::failure::{Failure, Outcome, go_text};
use crate::surroundings::Surroundings;

/// Whether flags or the environment ask for TLS. That `--tlsverify` is mentioned is enough, whatever it says.
pub(crate) fn is_asked_for(around: &Surroundings) -> bool {
    around.globals.is_given("tlsverify")
        || around.globals.is_on("tls")
        || ["DOCKER_TLS_VERIFY", "DOCKER_TLS"].iter().any(|name| around.filled(name).is_some())
}

/// What flags and environment say of TLS; `None` where they do not ask for it.
///
/// # Errors
/// A file that cannot be read, in Docker's words.
pub(crate) fn asked_for_tls(around: &Surroundings) -> Outcome<Option<TlsMaterial>> {
    if !is_asked_for(around) {
        return Ok(None);
    }
    let globals = &around.globals;
    let directory =
        around.filled("DOCKER_CERT_PATH").map_or_else(|| around.usual_configuration(), PathBuf::from);
    let named = |flag: &str| globals.is_given(flag).then(|| PathBuf::from(globals.text(flag)));
    // A client need not have a certificate; where it does have one of its own is told by a flag.
    let if_there = |name: &str| Some(directory.join(name)).filter(|path| path.exists());
    let authorities = named("tlscacert").unwrap_or_else(|| directory.join("ca.pem"));
    let certificate = named("tlscert").or_else(|| if_there("cert.pem"));
    let key = named("tlskey").or_else(|| if_there("key.pem"));
    let verifies = match globals.is_given("tlsverify") {
        true => globals.is_on("tlsverify"),
        false => around.filled("DOCKER_TLS_VERIFY").is_some(),
    };
    let material = material_of(&authorities, certificate.as_deref(), key.as_deref())?;
    Ok(Some(TlsMaterial { skip_verification: !verifies, ..material }))
}

/// The content of three files; an empty path stands for none.
///
/// # Errors
/// A file that cannot be read, in Docker's words.
pub(crate) fn material_of(
    authorities: &Path,
    certificate: Option<&Path>,
    key: Option<&Path>,
) -> Outcome<TlsMaterial> {
    Ok(TlsMaterial {
        authorities: read(Some(authorities))?,
        certificate: read(certificate)?,
        key: read(key)?,
        skip_verification: false,
    })
}

fn read(path: Option<&Path>) -> Outcome<Option<Vec<u8>>> {
    let Some(path) = path.filter(|path| !path.as_os_str().is_empty()) else { return Ok(None) };
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::IsADirectory => {
            Err(Failure::new(format!("read {}: is a directory", path.display())))
        }
        Err(error) => Err(Failure::new(go_text("open", &path.to_string_lossy(), &error))),
    }
}
