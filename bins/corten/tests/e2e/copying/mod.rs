//! `cp` and `diff`: what becomes of files, byte for byte as with Docker.

mod api;
mod attacks;
mod differences;
mod running;
mod table;
mod transcript;
mod trees;
