//! Images as their callers see them: archives made by hand, a real database, real directories.

#![allow(
    clippy::unwrap_used,
    reason = "all of it is test code, which clippy sees only in functions marked as tests"
)]

mod again;
mod archives;
mod damage;
mod fixtures;
mod layers;
mod listing;
mod loading;
mod making;
mod platforms;
mod pruning;
mod removal;
mod saving;
mod scene;
mod sharing;
