//! Commands, flags and output; speaks only the Engine API.
