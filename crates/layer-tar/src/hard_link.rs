//! Further names for files: of this layer, or of a lower one that is copied up for it.
//!
//! The metadata of a hard link's own header is not applied: both names are one file, and the first has set it.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::fd::AsFd;

use rustix::fs::{self, AtFlags, FileType, OFlags, SeekFrom};
use rustix::io::Errno;

use crate::clean_path::{clean, split};
use crate::destination::{Destination, Place};
use crate::entry::{Entry, Kind};
use crate::error::{LayerTarError, shown};
use crate::index::Node;
use crate::lowers::open_beneath;
use crate::metadata;

impl Destination<'_> {
    pub(crate) fn hard_link(&mut self, place: &Place<'_>, link: &[u8]) -> Result<(), LayerTarError> {
        let missing = || LayerTarError::LinkTarget { path: shown(&place.path()), target: shown(link) };
        let target = clean(link, self.limits)?;
        let (target_parent, target_name) = split(&target);
        if target_name.is_empty() {
            return Err(missing());
        }
        let target_parent = self.parent(target_parent)?;
        let target = Place { parent: &target_parent, name: target_name };
        let target_path = target.path();
        if matches!(self.index.get(&target_path), Some(Node::Whiteout)) {
            return Err(missing());
        }
        match fs::statat(&target_parent.fd, target_name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::Directory => return Err(missing()),
            Ok(_) => {}
            Err(Errno::NOENT) if self.copy_up(&target)? => {}
            Err(Errno::NOENT) => return Err(missing()),
            Err(source) => return Err(target.failed("read the link's target")(source)),
        }
        // A name is a link to itself already, and replacing it would remove it.
        if target_path == place.path() {
            return Ok(());
        }
        let make =
            || fs::linkat(&target_parent.fd, target_name, &place.parent.fd, place.name, AtFlags::empty());
        self.replacing(place, "link", make)?;
        if let Some(Node::Symlink(to)) = self.index.get(&target_path) {
            let to = to.clone();
            self.index.insert(place.path(), Node::Symlink(to));
        }
        Ok(())
    }

    /// Copies a file of a lower layer into this one, as a link or a change would in a running container. False when
    /// the layers below show no such file.
    fn copy_up(&mut self, place: &Place<'_>) -> Result<bool, LayerTarError> {
        let path = place.path();
        if self.index.hides(&path) {
            return Ok(false);
        }
        self.self_contained = false;
        let failed = |source| LayerTarError::Lower { path: shown(&path), source };
        let Some(lower) = self.lowers.find(&path)? else { return Ok(false) };
        let metadata = metadata::read(lower.object.as_fd(), &lower.stat).map_err(failed)?;
        let (major, minor) = (fs::major(lower.stat.st_rdev), fs::minor(lower.stat.st_rdev));
        let mut link = Vec::new();
        let kind = match FileType::from_raw_mode(lower.stat.st_mode) {
            FileType::RegularFile => {
                let source = open_beneath(lower.layer, &path, OFlags::RDONLY).map_err(failed)?;
                return self.copy_file(place, &metadata, &File::from(source)).map(|()| true);
            }
            FileType::Symlink => {
                link = fs::readlinkat(&lower.object, c"", Vec::new()).map_err(failed)?.into_bytes();
                Kind::Symlink
            }
            FileType::CharacterDevice => Kind::Character { major, minor },
            FileType::BlockDevice => Kind::Block { major, minor },
            FileType::Fifo => Kind::Fifo,
            _ => return Ok(false),
        };
        let entry = Entry { path: path.clone(), link, kind, metadata, size: 0 };
        if kind == Kind::Symlink {
            self.symlink(place, entry)?;
        } else {
            self.node(place, &entry)?;
        }
        Ok(true)
    }

    fn copy_file(
        &mut self,
        place: &Place<'_>,
        metadata: &crate::Metadata,
        source: &File,
    ) -> Result<(), LayerTarError> {
        let file = File::from(self.create_file(place, metadata.mode)?);
        copy_content(source, &file)
            .map_err(|error| place.failed("copy")(Errno::from_io_error(&error).unwrap_or(Errno::IO)))?;
        self.skipped_attributes += self
            .defaults
            .complete_file(file.as_fd(), metadata)
            .map_err(place.failed("set the attributes of"))?;
        Ok(())
    }
}

/// Copies what is data: a sparse file would else become as large as it says that it is.
fn copy_content(mut source: &File, mut file: &File) -> io::Result<()> {
    let length = source.metadata()?.len();
    file.set_len(length)?;
    let mut at = 0;
    while at < length {
        let data = match fs::seek(source, SeekFrom::Data(at)) {
            Ok(data) => data,
            // Nothing but a hole is left.
            Err(Errno::NXIO) => break,
            Err(error) => return Err(error.into()),
        };
        at = fs::seek(source, SeekFrom::Hole(data))?;
        source.seek(io::SeekFrom::Start(data))?;
        file.seek(io::SeekFrom::Start(data))?;
        io::copy(&mut source.take(at - data), &mut file)?;
    }
    Ok(())
}
