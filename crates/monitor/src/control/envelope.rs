//! What is in a packet: the version first, then the request; and the documents that travel beside packets.
//!
//! All of it comes from another process: nothing here trusts a length, a version or a descriptor.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use corten_sys::memfd;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::protocol::{Envelope, Request, VERSION};
use crate::refusal::Refusal;

/// The largest document: a start with a thousand mounts has less than a tenth of it.
const MAX_DOCUMENT: u64 = 8 << 20;

/// The one field that every version of the protocol has.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

/// Reads a packet.
///
/// # Errors
/// A refusal of what is no request, or one of a version that this program does not know.
pub(crate) fn parse(packet: &[u8]) -> Result<Request, Refusal> {
    let malformed = |error: serde_json::Error| Refusal::invalid(format!("malformed request: {error}"));
    let Version { version } = serde_json::from_slice(packet).map_err(malformed)?;
    if version != VERSION {
        return Err(Refusal::not_implemented(format!(
            "this monitor speaks version {VERSION} of its protocol, not {version}"
        )));
    }
    let Envelope { request, .. } = serde_json::from_slice(packet).map_err(malformed)?;
    Ok(request)
}

/// Reads a document that came beside a packet.
///
/// Only sealed memory is read: reading from whatever else a descriptor may be could wait for ever.
///
/// # Errors
/// A refusal of a descriptor that is no sealed memory or too large, and of bytes that are no such document.
pub(crate) fn document<T: DeserializeOwned>(descriptor: impl AsFd) -> Result<T, Refusal> {
    let bytes = memfd::contents(descriptor, MAX_DOCUMENT)
        .map_err(|error| Refusal::invalid(format!("unreadable document: {error}")))?;
    serde_json::from_slice(&bytes).map_err(|error| Refusal::invalid(format!("malformed document: {error}")))
}

/// Writes a document for another process.
///
/// # Errors
/// What memfd_create(2), write(2) and fcntl(2) say.
pub(crate) fn seal(name: &str, document: &impl Serialize) -> io::Result<OwnedFd> {
    memfd::sealed(name, &serde_json::to_vec(document)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Reply;
    use expect_test::{Expect, expect};

    fn check(packet: &[u8], expected: &Expect) {
        let text = match parse(packet) {
            Ok(request) => format!("{request:?}"),
            Err(refusal) => serde_json::to_string(&Reply::from(refusal)).unwrap(),
        };
        expected.assert_eq(&text);
    }

    #[test]
    fn a_request_is_read() {
        check(br#"{"version":1,"request":"Status"}"#, &expect!["Status"]);
        check(
            br#"{"version":1,"request":{"Stop":{"signal":15,"grace_ms":10}}}"#,
            &expect!["Stop { signal: 15, grace_ms: Some(10) }"],
        );
    }

    #[test]
    fn another_version_is_refused_before_its_request_is_looked_at() {
        check(
            br#"{"version":9,"request":{"Sing":1}}"#,
            &expect![[
                r#"{"Refused":{"kind":"NotImplemented","message":"this monitor speaks version 1 of its protocol, not 9"}}"#
            ]],
        );
    }

    #[test]
    fn bytes_that_are_no_request_are_refused() {
        check(
            b"\xff\x00",
            &expect![[
                r#"{"Refused":{"kind":"Invalid","message":"malformed request: expected value at line 1 column 1"}}"#
            ]],
        );
        check(
            br#"{"version":1,"request":"Sing"}"#,
            &expect![[
                r#"{"Refused":{"kind":"Invalid","message":"malformed request: unknown variant `Sing`, expected one of `Start`, `NetworkReady`, `Status`, `Signal`, `Stop`, `SuspendProbes`, `Resize`, `Attach`, `Exec`, `Reexecute` at line 1 column 29"}}"#
            ]],
        );
    }

    #[test]
    fn no_bytes_end_the_parser() {
        let seed = br#"{"version":1,"request":{"Stop":{"signal":15,"grace_ms":10}}}"#;
        let mut state = 0x9e37_79b9_7f4a_7c15u64;
        let mut random = move |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as usize % below
        };
        for _ in 0..20_000 {
            let mut packet = seed.to_vec();
            for _ in 0..=random(4) {
                let position = random(packet.len());
                packet[position] = random(256) as u8;
            }
            packet.truncate(random(packet.len()) + 1);
            let _ = parse(&packet);
        }
    }

    #[test]
    fn a_document_is_only_read_from_sealed_memory() {
        let (reader, _writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).unwrap();
        assert!(document::<u32>(&reader).is_err());
        assert_eq!(document::<u32>(seal("number", &7u32).unwrap()).unwrap(), 7);
    }
}
