//! The commands as scripts and people see them, against an engine that only plays one.
#![allow(clippy::unwrap_used)] // Helpers of tests may fail as tests do.

mod run;
mod support;
mod system;
mod terminal;
