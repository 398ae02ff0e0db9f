//! What engines start monitors and speak to them with.
//!
//! Calls wait at most until the deadline that they are given; an engine that does not want to wait polls [`Connection`].

mod connection;
mod error;
mod launch;
mod recruit;

pub use connection::Connection;
pub use error::ClientError;
pub(crate) use launch::execute;
pub use launch::{Entrance, Holdings, Origin, launch};
pub use recruit::Recruit;
