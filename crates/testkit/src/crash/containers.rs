//! Rounds with containers that run: made, started, stopped, changed, reached into and removed, with volumes, limits, restart policies and
//! addresses; by commands with an engine of their own, or by a daemon.

mod agreement;
mod deed;
mod draw;
mod observation;
mod round;
mod victim;
mod world;

pub(super) use round::Episode;
