//! The closed set of error kinds and the renderer of error chains.
