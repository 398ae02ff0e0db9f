//! Routes of the Engine API to services of the engine.
