//! A container's streams on our own: copying, the terminal, detaching, signals and the end.

mod copy;
mod resize;
mod signals;
mod terminal;
mod wait;

pub(crate) use copy::{Ended, Streams, copy};
pub(crate) use resize::{Target, console_size, follow_size};
pub(crate) use signals::{forward_all, termination};
pub(crate) use wait::Exit;
