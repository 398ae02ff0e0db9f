//! Finds the directory that an entry goes into, making those that the archive only implies.
//!
//! Links among the parents are followed as they would be in the finished container: through this layer and those
//! below it, from the layer's root, never out of it. The kernel is asked for plain paths alone and follows nothing.

use std::os::fd::AsFd;
use std::rc::Rc;

use rustix::fs::{self, AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;

use crate::clean_path::{clean, components, pop, push, split};
use crate::destination::Destination;
use crate::error::{LayerTarError, shown};
use crate::index::{Directory, Node};
use crate::lowers::open_beneath;
use crate::metadata;
use crate::parents::Parent;

/// As many as the kernel follows, see path_resolution(7).
const LINKS: usize = 40;

/// What stands at a path of which more components follow.
enum Step {
    Directory,
    Link(Vec<u8>),
    /// Nothing in this layer: a directory has to be made.
    Missing(Directory),
}

impl Destination<'_> {
    /// The directory at a clean path, which may lead through links.
    pub(crate) fn parent(&mut self, requested: &[u8]) -> Result<Rc<Parent>, LayerTarError> {
        if let Some(parent) = self.parents.get(requested) {
            return Ok(parent);
        }
        let path = self.resolve(requested)?;
        let fd = open_beneath(self.root.as_fd(), &path, OFlags::PATH | OFlags::DIRECTORY)
            .map_err(|source| LayerTarError::Object { verb: "open directory", path: shown(&path), source })?;
        let parent = Rc::new(Parent { fd, path });
        self.parents.keep(requested.to_vec(), Rc::clone(&parent));
        Ok(parent)
    }

    fn resolve(&mut self, requested: &[u8]) -> Result<Vec<u8>, LayerTarError> {
        let mut ahead: Vec<Vec<u8>> = components(requested).rev().map(<[u8]>::to_vec).collect();
        let mut path = Vec::new();
        let mut links = 0;
        while let Some(component) = ahead.pop() {
            if component == b".." {
                // As in a chroot, the root is its own parent.
                pop(&mut path);
                continue;
            }
            push(&mut path, &component);
            match self.step(&path)? {
                Step::Directory => {}
                Step::Missing(directory) => self.imply(&path, directory)?,
                Step::Link(target) => {
                    links += 1;
                    if links > LINKS {
                        let problem = "it leads through too many links";
                        return Err(LayerTarError::Path { path: shown(requested), problem });
                    }
                    if target.starts_with(b"/") {
                        path.clear();
                    } else {
                        pop(&mut path);
                    }
                    ahead.extend(components(&target).rev().map(<[u8]>::to_vec));
                }
            }
        }
        Ok(path)
    }

    fn step(&mut self, path: &[u8]) -> Result<Step, LayerTarError> {
        match self.index.get(path) {
            Some(Node::Directory(_)) => return Ok(Step::Directory),
            Some(Node::Symlink(target)) => return Ok(Step::Link(target.clone())),
            // What lower layers have was taken away, so the new directory must not show it.
            Some(Node::Whiteout) => {
                return Ok(Step::Missing(Directory { opaque: true, ..Directory::plain() }));
            }
            None if self.index.hides(path) => return Ok(Step::Missing(Directory::plain())),
            None => {}
        }
        self.self_contained = false;
        let Some(lower) = self.lowers.find(path)? else { return Ok(Step::Missing(Directory::plain())) };
        let failed = |source| LayerTarError::Lower { path: shown(path), source };
        Ok(match FileType::from_raw_mode(lower.stat.st_mode) {
            FileType::Symlink => {
                Step::Link(fs::readlinkat(&lower.object, c"", Vec::new()).map_err(failed)?.into_bytes())
            }
            FileType::Directory => {
                let metadata = metadata::read(lower.object.as_fd(), &lower.stat).map_err(failed)?;
                Step::Missing(Directory { borrowed: true, ..Directory::with(metadata) })
            }
            _ => Step::Missing(Directory::plain()),
        })
    }

    fn imply(&mut self, path: &[u8], directory: Directory) -> Result<(), LayerTarError> {
        // Links may have made the path longer than any that the archive named.
        clean(path, self.limits)?;
        let (above, name) = split(path);
        let failed = |verb| move |source| LayerTarError::Object { verb, path: shown(path), source };
        let above = open_beneath(self.root.as_fd(), above, OFlags::PATH | OFlags::DIRECTORY)
            .map_err(failed("open the parent of"))?;
        if directory.opaque {
            fs::unlinkat(&above, name, AtFlags::empty()).map_err(failed("remove the whiteout"))?;
        }
        match fs::mkdirat(&above, name, Mode::RWXU) {
            Ok(()) => {}
            Err(Errno::EXIST) => return Err(LayerTarError::Parent { path: shown(path) }),
            Err(source) => return Err(failed("make directory")(source)),
        }
        self.index.insert(path.to_vec(), Node::Directory(directory));
        Ok(())
    }
}
