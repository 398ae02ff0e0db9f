//! Blobs by digest: verified ingest, reading, removal.
