//! The monitor on a real kernel: real containers, real signals, real sockets.
//!
//! They need root and leave nothing behind; each [`stage::Stage`] asserts that when it is dropped.

mod death;
mod exec;
mod lifecycle;
mod output;
mod stage;
mod succession;
