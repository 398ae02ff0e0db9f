//! Events: what happened, from whichever process, in the order of the event file.

mod bell;
mod filter;
mod hub;
mod stream;

pub use filter::EventFilter;
pub(crate) use hub::{EventHub, Subscription};
pub use stream::{EventQuery, EventStream};
