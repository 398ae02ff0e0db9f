//! Messages between a monitor and a process that works for it: one JSON document per packet of a socket that both have.
//!
//! It knows no message: who says what is in [`crate::kept`] and [`crate::health`].

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use corten_sys::packet;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::protocol::MAX_PACKET;

/// What there was to hear.
#[derive(Debug)]
pub(crate) enum Heard<T> {
    /// Nothing just now.
    Nothing,
    /// A message and what came beside it.
    Said(T, Vec<OwnedFd>),
    /// The other is gone, or talks nonsense.
    End,
}

/// Sends one message.
///
/// # Errors
/// What sendmsg(2) says: `EPIPE` once nobody listens.
pub(crate) fn tell(
    channel: impl AsFd,
    message: &impl Serialize,
    beside: &[BorrowedFd<'_>],
) -> io::Result<()> {
    packet::send(channel, &serde_json::to_vec(message)?, beside)
}

/// Takes one message; never waits. `buffer` has at least [`MAX_PACKET`] bytes.
pub(crate) fn hear<T: DeserializeOwned>(channel: impl AsFd, buffer: &mut [u8]) -> Heard<T> {
    match packet::receive_now(channel, &mut buffer[..MAX_PACKET]) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Heard::Nothing,
        Err(_) => Heard::End,
        Ok(packet) => match serde_json::from_slice(&buffer[..packet.length]) {
            Ok(message) => Heard::Said(message, packet.descriptors),
            Err(_) => Heard::End,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kept::Kept;

    #[test]
    fn what_is_told_is_heard_and_nonsense_is_the_end() {
        let (here, there) = packet::pair().unwrap();
        let mut buffer = vec![0; MAX_PACKET];
        assert!(matches!(hear::<Kept>(&there, &mut buffer), Heard::Nothing));
        tell(&here, &Kept::Started { pid: 7 }, &[here.as_fd()]).unwrap();
        let Heard::Said(kept, beside) = hear::<Kept>(&there, &mut buffer) else {
            panic!("nothing was heard")
        };
        assert_eq!((kept, beside.len()), (Kept::Started { pid: 7 }, 1));
        packet::send(&here, b"nonsense", &[]).unwrap();
        assert!(matches!(hear::<Kept>(&there, &mut buffer), Heard::End));
        drop((here, beside));
        assert!(matches!(hear::<Kept>(&there, &mut buffer), Heard::End));
    }
}
