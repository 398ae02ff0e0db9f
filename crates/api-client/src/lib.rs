//! The client of the Engine API over any byte stream.
