//! Which devices a cgroup may use: rules, and how v1 and v2 are told.

pub(crate) mod legacy;
pub(crate) mod policy;
pub(crate) mod program;
#[cfg(test)]
mod tests;
