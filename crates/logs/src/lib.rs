//! Container log files: writing, following, tailing.
