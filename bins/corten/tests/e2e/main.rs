//! The program as its user meets it, one module a subject. Every test has an engine of its own and leaves nothing behind.
//!
//! One test program for all: linking is what costs time.

mod exec;
mod exit_codes;
mod hello;
mod isolation;
mod lifecycle;
mod limits;
mod logs;
mod mistakes;
mod setup;
mod streams;
mod survival;
mod terminal;
