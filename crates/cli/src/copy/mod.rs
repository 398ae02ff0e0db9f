//! Copying files between containers and this machine: Docker's rules, and the archives on this side.

mod chunks;
mod destination;
mod go_path;
mod progress;
mod rules;
mod side;
mod source;

pub(crate) use chunks::Chunks;
pub(crate) use destination::{Destination, check_output};
pub(crate) use go_path::{absolute, join, split_entry};
pub(crate) use progress::Progress;
pub(crate) use rules::{place, renamed_base};
pub(crate) use side::{Side, split_argument};
pub(crate) use source::LocalSource;
