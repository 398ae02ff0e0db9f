//! The file indexes of layers on disk: `layers/.index/<id>`, beside the layers and in none of them, so no container sees one.
//!
//! An index is compressed with a checksum around it. What stands in it, `layer-tar` knows.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use corten_layer_tar::write_lost;
use rustix::fs::{self, AtFlags, CWD, Mode, OFlags};
use rustix::io::Errno;

use crate::ImagesError;
use crate::staging::Staging;

/// The directory in that of layers; like all names there that begin with a dot, it is no layer's.
pub(crate) const DIRECTORY: &str = ".index";

/// The quickest there is: headers of archives are so much alike that others save little.
const LEVEL: i32 = 1;

/// The index of a layer that is being unpacked. It has no name, so nothing is left of it when it is dropped.
pub(crate) struct NewIndex {
    directory: PathBuf,
    encoder: zstd::Encoder<'static, File>,
}

/// An index that is complete and has no name yet.
#[derive(Debug)]
pub(crate) struct WrittenIndex {
    directory: PathBuf,
    file: File,
}

impl NewIndex {
    pub(crate) fn begin(layers: &Path) -> Result<Self, ImagesError> {
        let directory = layers.join(DIRECTORY);
        let flags = OFlags::RDWR | OFlags::TMPFILE | OFlags::CLOEXEC;
        let open = || fs::openat(CWD, &directory, flags, Mode::from_raw_mode(0o600));
        let opened = match open() {
            Err(Errno::NOENT) => {
                make(&directory)?;
                open()
            }
            opened => opened,
        };
        let file = File::from(opened.map_err(ImagesError::file("create an unnamed file in", &directory))?);
        let encoder = encoder(file).map_err(ImagesError::file("write in", &directory))?;
        Ok(Self { directory, encoder })
    }

    pub(crate) fn writer(&mut self) -> &mut dyn Write {
        &mut self.encoder
    }

    /// Completes it. Where a path of the archive was `replaced` by a later entry, it says nothing but that.
    pub(crate) fn finish(self, replaced: Option<&str>) -> Result<WrittenIndex, ImagesError> {
        let directory = self.directory;
        let file = self.encoder.finish().and_then(|file| match replaced {
            Some(path) => instead(file, path),
            None => Ok(file),
        });
        let file = file.map_err(ImagesError::file("write in", &directory))?;
        Ok(WrittenIndex { directory, file })
    }
}

impl WrittenIndex {
    /// Gives it the name of its layer. An index of that name is of the same layer, and may be damaged: it is replaced.
    pub(crate) fn install(self, id: &str) -> Result<(), ImagesError> {
        let unnamed = format!("/proc/self/fd/{}", self.file.as_raw_fd());
        let (staged, to) =
            (self.directory.join(Staging::fresh_name(&self.directory)?), self.directory.join(id));
        fs::linkat(CWD, &*unnamed, CWD, &staged, AtFlags::SYMLINK_FOLLOW)
            .and_then(|()| fs::rename(&staged, &to))
            .map_err(ImagesError::file("name", to))
    }
}

/// The index of a layer, uncompressed; `None` for one that an older version unpacked.
pub(crate) fn open(layers: &Path, id: &str) -> Result<Option<impl Read + use<>>, ImagesError> {
    let path = layers.join(DIRECTORY).join(id);
    let failed = |source: io::Error| ImagesError::file("open", &path)(source);
    match File::open(&path) {
        Ok(file) => zstd::Decoder::new(file).map(Some).map_err(failed),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

/// The names in the directory of indexes.
pub(crate) fn names(layers: &Path) -> Result<Vec<String>, ImagesError> {
    let directory = layers.join(DIRECTORY);
    let failed = |error: io::Error| ImagesError::file("list", &directory)(error);
    let entries = match std::fs::read_dir(&directory) {
        // Nothing was unpacked yet, or by older versions alone.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    entries.map(|entry| Ok(entry.map_err(failed)?.file_name().to_string_lossy().into_owned())).collect()
}

pub(crate) fn remove(layers: &Path, name: &str) -> Result<(), ImagesError> {
    let path = layers.join(DIRECTORY).join(name);
    match fs::unlink(&path) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(source) => Err(ImagesError::file("remove", path)(source)),
    }
}

/// Writes another index into the file, which is to say that there is none.
fn instead(mut file: File, path: &str) -> io::Result<File> {
    file.set_len(0)?;
    io::Seek::rewind(&mut file)?;
    let mut encoder = encoder(file)?;
    write_lost(path, &mut encoder)?;
    encoder.finish()
}

fn encoder(file: File) -> io::Result<zstd::Encoder<'static, File>> {
    let mut encoder = zstd::Encoder::new(file, LEVEL)?;
    encoder.include_checksum(true)?;
    Ok(encoder)
}

fn make(directory: &Path) -> Result<(), ImagesError> {
    match fs::mkdir(directory, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => Ok(()),
        Err(source) => Err(ImagesError::file("make directory", directory)(source)),
    }
}
