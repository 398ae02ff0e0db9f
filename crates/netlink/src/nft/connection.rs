//! What connection tracking knows of packets, in the words of rules.

/// What connection tracking knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Conntrack {
    /// Where in its connection the packet stands: one of [`state`].
    State,
    /// What happened to the connection: bits of [`status`].
    Status,
}

/// States of packets, as bits.
pub mod state {
    /// Of no connection, and beginning none.
    pub const INVALID: u32 = 1;
    /// Of a connection that has seen packets both ways.
    pub const ESTABLISHED: u32 = 2;
    /// Beginning a connection that belongs to another, or an error about one.
    pub const RELATED: u32 = 4;
    /// Beginning a connection.
    pub const NEW: u32 = 8;
    /// Not tracked.
    pub const UNTRACKED: u32 = 64;
}

/// What happened to connections, as bits (`IPS_*`).
pub mod status {
    /// Their source was changed.
    pub const SNAT: u32 = 0x10;
    /// Their destination was changed.
    pub const DNAT: u32 = 0x20;
}
