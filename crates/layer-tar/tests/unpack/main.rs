//! Unpacking as its callers see it: archives made by hand, real files on a real file system.
//!
//! Parsers have their tests beside them.

#![allow(
    clippy::unwrap_used,
    reason = "all of it is test code, which clippy sees only in functions marked as tests"
)]

mod builder;
mod extracting;
mod generated;
mod gnu_tar;
mod hostile;
mod listing;
mod lower_layers;
mod ordinary;
mod overlay;
mod packing;
mod recreating;
mod reference;
mod scene;
mod sparse;
mod whiteouts;
