//! `--docker host=…,ca=…,cert=…,key=…`: the way to an engine as it is typed.

use std::collections::BTreeMap;
use std::path::Path;

use crate::contexts::{DockerEndpoint, Store, TlsFiles};
use crate::endpoint::{Endpoint, material_of};
use crate::failure::{Failure, Outcome};
use crate::flags::parse_bool;

const KEYS: [&str; 6] = ["from", "host", "ca", "cert", "key", "skip-tls-verify"];

/// What the values of the flag say together, with the certificates that they name.
///
/// # Errors
/// What is unknown, cannot be read or leads nowhere, in Docker's words.
pub(super) fn read(store: &Store, values: &[String]) -> Outcome<(DockerEndpoint, TlsFiles)> {
    let failed = |failure: Failure| {
        Failure::new(format!("unable to create docker endpoint config: {}", failure.message))
    };
    understand(store, &pairs(values)).map_err(failed)
}

fn pairs(values: &[String]) -> BTreeMap<&str, &str> {
    // The flag has checked that each has its `=`.
    values.iter().flat_map(|value| value.split(',')).filter_map(|pair| pair.split_once('=')).collect()
}

fn understand(store: &Store, pairs: &BTreeMap<&str, &str>) -> Outcome<(DockerEndpoint, TlsFiles)> {
    let unknown = pairs.keys().filter(|key| !KEYS.contains(key));
    Failure::join(&unknown.map(|key| format!("unrecognized config key: {key}")).collect::<Vec<_>>())?;
    let text = |key: &str| pairs.get(key).copied().unwrap_or_default();
    if let Some(from) = pairs.get("from") {
        let unable = |_| Failure::new(format!("unable to get endpoint from context {from:?}"));
        // As Docker's client has it, the way is taken over without its certificates.
        return Ok((store.get(from)?.docker().map_err(unable)?, TlsFiles::default()));
    }
    let file = |key: &str| Some(Path::new(text(key))).filter(|path| !path.as_os_str().is_empty());
    let material = material_of(Path::new(text("ca")), file("cert"), file("key"))?;
    let skips = match pairs.get("skip-tls-verify") {
        Some(value) => parse_bool(value)
            .map_err(|_| Failure::new(format!("skip-tls-verify: parsing {value:?}: invalid syntax")))?,
        None => false,
    };
    let is_empty = material.authorities.is_none() && material.certificate.is_none() && material.key.is_none();
    let files = TlsFiles::of(Some(&material).filter(|_| !is_empty));
    let host = text("host").to_owned();
    let mut tls = Some(material).filter(|_| !is_empty);
    if skips {
        tls.get_or_insert_default().skip_verification = true;
    }
    check(&Endpoint { host: host.clone(), tls })?;
    Ok((DockerEndpoint { host, skip_tls_verify: skips }, files))
}

/// Whether there could be connections to it.
fn check(endpoint: &Endpoint) -> Outcome {
    if endpoint.host.is_empty() {
        return Ok(());
    }
    let is_address =
        endpoint.host.split_once("://").is_some_and(|(scheme, rest)| scheme == "ssh" || !rest.is_empty());
    let what = if is_address {
        "invalid docker endpoint options"
    } else {
        "unable to apply docker endpoint options"
    };
    let failed = |failure: Failure| Failure::new(format!("{what}: {}", failure.message));
    endpoint.connector().map(drop).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_meant_is_refused_in_dockers_words() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::new(directory.path());
        let refusal = |value: &str| read(&store, &[value.to_owned()]).unwrap_err().message;
        let prefix = "unable to create docker endpoint config: ";
        assert_eq!(
            refusal("a=1,b=2"),
            format!("{prefix}unrecognized config key: a\nunrecognized config key: b")
        );
        assert_eq!(
            refusal("host=foo"),
            format!("{prefix}unable to apply docker endpoint options: unable to parse docker host `foo`")
        );
        assert_eq!(
            refusal("host=ssh://"),
            format!(
                "{prefix}invalid docker endpoint options: ssh host connection is not valid: invalid SSH URL: hostname is empty"
            )
        );
        assert_eq!(refusal("ca=/nowhere"), format!("{prefix}open /nowhere: no such file or directory"));
        assert_eq!(
            refusal("skip-tls-verify=maybe"),
            format!("{prefix}skip-tls-verify: parsing \"maybe\": invalid syntax")
        );
    }

    #[test]
    fn values_may_come_together_and_one_by_one() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::new(directory.path());
        let values = ["host=tcp://x:1,skip-tls-verify=1".to_owned(), "host=tcp://y:1".to_owned()];
        let (endpoint, files) = read(&store, &values).unwrap();
        assert_eq!(endpoint, DockerEndpoint { host: "tcp://y:1".to_owned(), skip_tls_verify: true });
        assert_eq!(files, TlsFiles::default());
    }
}
