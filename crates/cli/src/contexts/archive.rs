//! Contexts as archives, in the form of Docker's `context export`: `meta.json`, and the certificates below `tls/`.
//!
//! Zip archives, which Docker's client takes but does not make, are refused.

use std::io::{self, Read};

use crate::failure::{Failure, Outcome};

use super::metadata::Metadata;
use super::name::validate;
use super::tls_files::TlsFiles;

/// More than certificates ever take.
const LIMIT: u64 = 10 << 20;

const META: &str = "meta.json";

/// A context as an archive.
pub(crate) fn pack(metadata: &Metadata, tls: &TlsFiles) -> Outcome<Vec<u8>> {
    let text = serde_json::to_vec(metadata).map_err(|error| Failure::new(error.to_string()))?;
    let mut archive = tar::Builder::new(Vec::new());
    let mut add = |path: String, kind, mode, bytes: &[u8]| {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(bytes.len() as u64);
        archive.append_data(&mut header, path, bytes)
    };
    add(META.to_owned(), tar::EntryType::Regular, 0o644, &text)?;
    add("tls".to_owned(), tar::EntryType::Directory, 0o700, &[])?;
    for (endpoint, files) in &tls.0 {
        add(format!("tls/{endpoint}"), tar::EntryType::Directory, 0o700, &[])?;
        for (name, bytes) in files {
            add(format!("tls/{endpoint}/{name}"), tar::EntryType::Regular, 0o600, bytes)?;
        }
    }
    Ok(archive.into_inner()?)
}

/// The context in an archive, called `name` from now on.
///
/// # Errors
/// What is no such archive, in Docker's words.
pub(crate) fn unpack(name: &str, mut archive: impl Read) -> Outcome<(Metadata, TlsFiles)> {
    let mut magic = [0; 4];
    let length = fill(&mut archive, &mut magic)?;
    if magic == *b"PK\x03\x04" {
        return Err(Failure::new("zip archives are not supported: pack the files of the context with tar"));
    }
    let rest = magic[..length].chain(archive).take(LIMIT);
    let mut metadata = None;
    let mut tls = TlsFiles::default();
    for entry in tar::Archive::new(rest).entries()? {
        let mut entry = entry?;
        if entry.header().entry_type() != tar::EntryType::Regular {
            continue;
        }
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        check_path(&path).map_err(|why| Failure::new(format!("{path}: {why}")))?;
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        if path == META {
            let read: Metadata =
                serde_json::from_slice(&bytes).map_err(|error| Failure::new(error.to_string()))?;
            validate(name)?;
            metadata = Some(Metadata { name: name.to_owned(), ..read });
        } else {
            let place = path.strip_prefix("tls/").and_then(|place| place.split_once('/'));
            let place = place.filter(|(_, file)| !file.contains('/'));
            let (endpoint, file) = place.ok_or_else(|| Failure::new("archive format is invalid"))?;
            tls.0.entry(endpoint.to_owned()).or_default().insert(file.to_owned(), bytes);
        }
    }
    let metadata = metadata.ok_or_else(|| Failure::new("invalid context: no metadata found"))?;
    Ok((metadata, tls))
}

fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match reader.read(&mut buffer[length..])? {
            0 => break,
            read => length += read,
        }
    }
    Ok(length)
}

/// Paths are written to below the context's directory, so that none may lead out of it.
fn check_path(path: &str) -> Result<(), &'static str> {
    if path != META && !path.starts_with("tls/") {
        return Err("unexpected context file");
    }
    if path.split('/').any(|part| matches!(part, "" | "." | "..")) || path.contains('\0') {
        return Err("unexpected path format");
    }
    if path.contains('\\') {
        return Err("unexpected '\\' in path");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contexts::DockerEndpoint;

    fn archive(path: &str, text: &str) -> Vec<u8> {
        let mut header = tar::Header::new_ustar();
        let name = &mut header.as_ustar_mut().unwrap().name;
        name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_entry_type(tar::EntryType::Regular);
        header.set_size(text.len() as u64);
        header.set_cksum();
        let mut archive = tar::Builder::new(Vec::new());
        archive.append(&header, text.as_bytes()).unwrap();
        archive.into_inner().unwrap()
    }

    #[test]
    fn what_is_packed_is_found_again_under_the_new_name() {
        let endpoint = DockerEndpoint { host: "tcp://there:1".to_owned(), skip_tls_verify: true };
        let metadata = Metadata::new("old", "far", &endpoint);
        let tls = TlsFiles([("docker".to_owned(), [("ca.pem".to_owned(), b"x".to_vec())].into())].into());
        let (found, found_tls) = unpack("new", &*pack(&metadata, &tls).unwrap()).unwrap();
        assert_eq!((found.name.as_str(), found.description(), found_tls), ("new", "far", tls));
        assert_eq!(found.docker(), Ok(endpoint));
    }

    #[test]
    fn what_leads_elsewhere_or_is_no_context_is_refused() {
        let refusal = |bytes: &[u8]| unpack("ab", bytes).unwrap_err().message;
        assert_eq!(refusal(&archive("x", "")), "x: unexpected context file");
        assert_eq!(refusal(&archive("tls/../../x", "")), "tls/../../x: unexpected path format");
        assert_eq!(refusal(&archive("tls/x", "")), "archive format is invalid");
        assert_eq!(refusal(&archive("tls/a/b/c", "")), "archive format is invalid");
        assert_eq!(refusal(&archive("tls/a/b", "")), "invalid context: no metadata found");
        assert_eq!(refusal(b""), "invalid context: no metadata found");
        assert!(refusal(b"PK\x03\x04rest").starts_with("zip archives are not supported"));
    }
}
