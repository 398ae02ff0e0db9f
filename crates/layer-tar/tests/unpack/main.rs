//! Unpacking as its callers see it: archives made by hand, real files on a real file system.
//!
//! Parsers have their tests beside them.

mod builder;
mod gnu_tar;
mod hostile;
mod lower_layers;
mod ordinary;
mod scene;
mod whiteouts;
