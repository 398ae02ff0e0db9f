//! Root file systems of containers: which layers, which writable directory.
