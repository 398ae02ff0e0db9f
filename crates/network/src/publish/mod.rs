//! Ports of containers on the host: what is wanted, as a plan, and the sockets that keep others off them.

mod plan;
mod reserve;

pub use plan::{Binding, HostPorts, Publication, PublishError, publications};
pub use reserve::{ReserveError, Reserved, reserve};
