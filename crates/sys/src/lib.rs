//! Typed system calls that `rustix` lacks: the one crate with unsafe code.
//!
//! What `rustix` has (the mount API, openat2, capabilities, prctl, limits, extended attributes) is used from there directly.
#![allow(unsafe_code)]

pub mod bpf;
mod call;
pub mod clone;
pub mod descriptors;
pub mod exec;
pub mod keyring;
pub mod landlock;
pub mod memfd;
pub mod memory;
pub mod mount_attributes;
pub mod namespaces;
pub mod netlink;
pub mod network_interface;
pub mod ofd_lock;
pub mod packet;
pub mod pidfd;
pub mod process;
pub mod project_quota;
pub mod pty;
pub mod seccomp;
pub mod send_queue;
pub mod session;
pub mod signal;
pub mod trace;
pub mod usage;
