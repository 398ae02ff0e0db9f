//! Websockets (RFC 6455): accepting one, and carrying a stream of bytes in its messages.

mod carry;
mod handshake;

pub(crate) use carry::{Messages, carry};
pub(crate) use handshake::accept;
