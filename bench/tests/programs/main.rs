//! The programs of this package in the kernel itself. They need root.
#![allow(clippy::unwrap_used)]

mod floor;
mod runner;
mod site;
mod surroundings;
