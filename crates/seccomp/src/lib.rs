//! Seccomp: profiles as Docker and OCI write them, compiled to BPF.
//!
//! Pure: reads no files, asks no kernel, loads nothing (`corten-sys` does).
//!
//! [`Profile`] (conditional on capabilities, architecture and kernel) → [`Profile::resolve`] → the OCI document →
//! [`compile`] → [`Program`], which can be kept as bytes and loaded any number of times.

mod arch;
mod assembler;
mod bpf;
mod compile;
mod condition;
mod default;
mod error;
#[cfg(test)]
mod interpreter;
mod kernel_version;
mod policy;
mod profile;
mod program;
mod ranges;
pub mod syscall;
#[cfg(test)]
mod tests;
mod verdict;

pub use arch::Arch;
pub use bpf::Instruction;
pub use compile::compile;
pub use error::SeccompError;
pub use kernel_version::KernelVersion;
pub use policy::unknown_syscalls;
pub use profile::{Circumstances, Profile};
pub use program::{Flags, Program};
