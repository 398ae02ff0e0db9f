//! What the daemon makes of requests: lines of its log, and figures for those who ask for metrics.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use corten_api_server::{Answered, Observer, Received};
use log::{debug, error};

use crate::metrics::Requests;

/// Hears of every request.
#[derive(Debug)]
pub(crate) struct Watch {
    is_debugging: AtomicBool,
    requests: Option<Arc<Requests>>,
}

impl Watch {
    /// One that counts requests there, if anybody asks.
    pub(crate) fn new(requests: Option<Arc<Requests>>) -> Self {
        Self { is_debugging: AtomicBool::new(false), requests }
    }

    /// Says whether the daemon is being debugged.
    pub(crate) fn set_debugging(&self, is_debugging: bool) {
        self.is_debugging.store(is_debugging, Ordering::Relaxed);
    }
}

impl Observer for Watch {
    fn is_debugging(&self) -> bool {
        self.is_debugging.load(Ordering::Relaxed)
    }

    fn received(&self, request: &Received) {
        let Received { method, uri } = request;
        debug!(method:% = method, module = "api", "request-url":% = uri; "handling {method} request");
    }

    fn answered(&self, request: &Received, answered: &Answered<'_>) {
        if let Some(requests) = &self.requests {
            requests.count(answered);
        }
        let (Some(status), Some(why)) = (answered.status, answered.error) else { return };
        let Received { method, uri } = request;
        if status.is_server_error() {
            error!("Handler for {method} {} returned error: {why}", uri.path());
        }
        debug!(
            "error-response" = why, method:% = method, module = "api", "request-url":% = uri, status = status.as_u16();
            "error response for {method} request"
        );
    }
}
