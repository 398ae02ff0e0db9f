//! The hello image: one program in one layer.
//!
//! Its bytes, and so its digest, depend on the program alone.

use std::io;

use corten_image_archive::{Archive, Compression, Config, Entry, Layer, go_architecture};

/// The archive of `hello:latest` around `program`, for the architecture that the compiler calls `architecture`.
pub(crate) fn archive(program: Vec<u8>, architecture: &str) -> io::Result<Vec<u8>> {
    let layer = Layer::new(&[Entry::program("hello", program)], Compression::Gzip)?;
    let config = Config {
        architecture: go_architecture(architecture).to_owned(),
        command: vec!["/hello".to_owned()],
        environment: vec!["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned()],
        working_directory: "/".to_owned(),
        ..Config::default()
    };
    Archive { name: "hello:latest".to_owned(), config, layers: vec![layer] }.to_bytes()
}
