//! Being let in: what a registry asks for, what it gets, and for how long that holds.
//! Credentials come from the caller, and go to the registry they are for and to the token server that it names, nowhere else.

mod login;
mod scope;
mod token_request;

pub(crate) use login::{Login, Visit, basic};
pub(crate) use scope::Scopes;
