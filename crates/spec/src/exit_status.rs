//! Exit statuses by which programs of ours tell each other something.
//!
//! Those of containers, and those that users know, are not here.

/// Of `corten system mend`, which the guard of the firewall's table calls: nobody needs the networks any more.
pub const NETWORKS_NOT_NEEDED: u8 = 3;
