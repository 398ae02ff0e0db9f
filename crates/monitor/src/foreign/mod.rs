//! Containers that another program makes: a runtime that knows bundles and runc's commands.
//!
//! Calling it takes nearly every right that there is, after the start too, and a monitor has given those up by then. So each container of
//! such a runtime has an attendant ([`attendant`]), which the monitor starts beforehand and speaks to ([`attended`]).

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
