//! What other programs do for a container while it runs and after it: a runtime that knows bundles and runc's commands, or hooks.
//!
//! Starting them takes nearly every right that there is, and a monitor has given those up by then. So a container that needs them has an
//! attendant ([`attendant`]), which the monitor starts beforehand and speaks to ([`attended`]). All others have none.

mod attendant;
mod attended;
mod call;
mod complaint;
mod configuration;
mod console;
mod order;
mod session;

pub(crate) use attendant::{ATTEND, run};
pub(crate) use attended::{Attendant, Created, Hold};
pub(crate) use session::start as start_session;
