//! What the keeper of an exec session tells the container's monitor, over the channel that the engine gave to both.
//!
//! Nothing goes the other way: only an engine says what is started, so that a monitor has no power to start anything.

use serde::{Deserialize, Serialize};

/// One message of a keeper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kept {
    /// The process runs. Descriptors: its pidfd, then the near ends of its streams ([`crate::streams::Ends`]), none of which block.
    Started {
        /// As the host numbers it.
        pid: u32,
    },
    /// It could not be started; nothing of it is left.
    Failed {
        /// 126, 127 or 128.
        exit_code: i32,
        /// What failed.
        message: String,
    },
    /// It has ended and was reaped.
    Ended {
        /// 128 + signal where a signal ended it.
        exit_code: i32,
    },
}
