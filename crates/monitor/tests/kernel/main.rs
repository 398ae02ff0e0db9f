//! The monitor on a real kernel: real containers, real signals, real sockets.
//!
//! They need root and leave nothing behind; each [`stage::Stage`] asserts that when it is dropped.

#![allow(
    clippy::unwrap_used,
    reason = "a helper of tests is no different from a test, but clippy cannot tell"
)]

mod confinement;
mod death;
mod exec;
mod journal;
mod lifecycle;
mod log;
mod output;
mod recruits;
mod stage;
mod succession;
