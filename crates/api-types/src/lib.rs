//! Requests and responses of the Engine API.
