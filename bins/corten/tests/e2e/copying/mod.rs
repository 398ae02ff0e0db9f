//! `cp` and `diff`: what becomes of files, byte for byte as with Docker.

#![allow(
    clippy::unwrap_used,
    reason = "all of it is test code, which clippy sees only in functions marked as tests"
)]

mod api;
mod attacks;
mod differences;
mod running;
mod table;
mod transcript;
mod trees;
