//! Addresses: which subnets and addresses are given out. Pure.

pub mod pool;
