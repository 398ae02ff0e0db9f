//! The process that looks after one container.
