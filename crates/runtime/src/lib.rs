//! The OCI runtime library: starts one container, synchronously.
