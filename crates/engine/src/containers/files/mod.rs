//! The files of a container for somebody outside: looked at, packed, and put there.
//!
//! A container that runs is reached through its own root, with all that is mounted in it; one that does not through mounts that only the
//! thread at work has. Neither way leads out of it, whatever links it has made and however fast it exchanges them.

mod archive;
mod extract;
mod go_path;
mod link_target;
mod owners;
mod path_stat;
mod reach;

pub use extract::ExtractRequest;
pub use path_stat::PathStat;

/// Opening by a path of the container: absolute links begin at its root, and no link leads to where another process is.
const WITHIN: rustix::fs::ResolveFlags =
    rustix::fs::ResolveFlags::IN_ROOT.union(rustix::fs::ResolveFlags::NO_MAGICLINKS);
