//! Words of the field: OCI documents, digests, references, platforms, ids, sizes, durations. Values, no I/O.
