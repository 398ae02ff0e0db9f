//! What the keeper of an exec session tells the container's monitor, over the channel that the engine gave to both.
//!
//! Nothing goes the other way: only an engine says what is started, so that a monitor has no power to start anything.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use corten_sys::packet;
use serde::{Deserialize, Serialize};

use crate::protocol::MAX_PACKET;

/// One message of a keeper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kept {
    /// The process runs. Descriptors: its pidfd, then the near ends of its streams ([`crate::streams::Ends`]), none of which block.
    Started {
        /// As the host numbers it.
        pid: u32,
    },
    /// It could not be started; nothing of it is left.
    Failed {
        /// 126, 127 or 128.
        exit_code: i32,
        /// What failed.
        message: String,
    },
    /// It has ended and was reaped.
    Ended {
        /// 128 + signal where a signal ended it.
        exit_code: i32,
    },
}

/// What there was to hear.
#[derive(Debug)]
pub(crate) enum Heard {
    /// Nothing just now.
    Nothing,
    /// A message and what came beside it.
    Said(Kept, Vec<OwnedFd>),
    /// The keeper is gone, or talks nonsense; its process ends with it.
    End,
}

/// Sends one message.
///
/// # Errors
/// What sendmsg(2) says: `EPIPE` once nobody listens.
pub(crate) fn tell(channel: impl AsFd, kept: &Kept, beside: &[BorrowedFd<'_>]) -> io::Result<()> {
    packet::send(channel, &serde_json::to_vec(kept)?, beside)
}

/// Takes one message; never waits. `buffer` has at least [`MAX_PACKET`] bytes.
pub(crate) fn hear(channel: impl AsFd, buffer: &mut [u8]) -> Heard {
    match packet::receive_now(channel, &mut buffer[..MAX_PACKET]) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Heard::Nothing,
        Err(_) => Heard::End,
        Ok(packet) => match serde_json::from_slice(&buffer[..packet.length]) {
            Ok(kept) => Heard::Said(kept, packet.descriptors),
            Err(_) => Heard::End,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_heard_and_nonsense_is_the_end() {
        let (here, there) = packet::pair().unwrap();
        let mut buffer = vec![0; MAX_PACKET];
        assert!(matches!(hear(&there, &mut buffer), Heard::Nothing));
        tell(&here, &Kept::Started { pid: 7 }, &[here.as_fd()]).unwrap();
        let Heard::Said(kept, beside) = hear(&there, &mut buffer) else { panic!("nothing was heard") };
        assert_eq!((kept, beside.len()), (Kept::Started { pid: 7 }, 1));
        packet::send(&here, b"nonsense", &[]).unwrap();
        assert!(matches!(hear(&there, &mut buffer), Heard::End));
        drop((here, beside));
        assert!(matches!(hear(&there, &mut buffer), Heard::End));
    }
}
