//! What the fuzz targets share. `cargo xtask fuzz` builds and runs them.

pub mod tar;
