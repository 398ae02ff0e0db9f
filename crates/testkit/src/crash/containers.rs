//! Rounds with containers that run: made, started, stopped, changed, reached into and removed, with volumes, limits, restart policies and
//! addresses; by commands with an engine of their own, or by a daemon.

mod agreement;
mod deed;
mod draw;
mod making;
mod observation;
mod ports;
mod ranges;
mod round;
mod victim;
mod watchers;
mod world;

pub(super) use round::Episode;
