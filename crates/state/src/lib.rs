//! The state database, journals, the event file and locks.
