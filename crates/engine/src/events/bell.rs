//! How the follower of the event file is woken: by this process, or also by the kernel.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Rung when the file may have grown.
#[derive(Debug, Default)]
pub(super) struct Bell {
    rung: Notify,
    watch: AtomicBool,
}

impl Bell {
    /// This process knows or suspects that there is something to read.
    pub(super) fn ring(&self) {
        self.rung.notify_one();
    }

    /// From now on the kernel is to be asked, too: what is waited for, another process will do.
    pub(super) fn ask_for_watch(&self) {
        if !self.watch.swap(true, Ordering::AcqRel) {
            self.ring();
        }
    }

    /// Whether somebody asked for that.
    pub(super) fn is_watch_asked_for(&self) -> bool {
        self.watch.load(Ordering::Acquire)
    }

    /// Waits for the next ring; one since the last call counts.
    pub(super) async fn wait(&self) {
        self.rung.notified().await;
    }
}
