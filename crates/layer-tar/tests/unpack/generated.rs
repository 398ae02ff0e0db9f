//! Layers of every kind of entry in odd orders, made of numbers: what is generated is what GNU tar can do as well.
//!
//! Left out is where it gives up or goes other ways: `..` in names, directories that become something else within one archive, parents
//! that are files.

use tar::{EntryType, Header};

use crate::builder::Builder;

/// What one entry is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seed {
    pub(crate) kind: u8,
    pub(crate) name: u8,
    pub(crate) other: u8,
    pub(crate) mode: u16,
    pub(crate) owner: u32,
    pub(crate) time: i64,
}

const DIRECTORIES: [&str; 4] = ["d1", "d1/d2", "d3", "d1/d4"];

/// `d3` is a directory in some layers and something else in others.
const SWAPPED: &str = "d3";

const NAMES: [&str; 9] = ["d1/a", "d1/b", "d1/d2/c", "d3/e", "f", "g", "d1/LONG", "d1/d2/.hidden", SWAPPED];

const TARGETS: [&str; 5] = ["a", "../f", "/d1/b", "nowhere", "d1"];

/// A layer under construction.
struct Layer {
    builder: Builder,
    /// What can be linked to: the files of this layer.
    files: Vec<String>,
    /// Of one directory listed twice, GNU tar heeds the first entry or the last.
    listed: Vec<&'static str>,
    swaps: bool,
}

pub(crate) fn layer(seeds: &[Seed], swaps: bool) -> Vec<u8> {
    let mut layer = Layer { builder: Builder::new(), files: Vec::new(), listed: Vec::new(), swaps };
    // Always there, since a layer that does not list its root leaves it as new directories are.
    layer.builder = std::mem::take(&mut layer.builder).directory("./");
    if !swaps {
        layer.builder = std::mem::take(&mut layer.builder).directory(SWAPPED);
        layer.listed.push(SWAPPED);
    }
    for seed in seeds {
        layer.add(*seed);
    }
    layer.builder.finish()
}

impl Layer {
    fn add(&mut self, seed: Seed) {
        let directory = DIRECTORIES[usize::from(seed.name) % DIRECTORIES.len()];
        let name = NAMES[usize::from(seed.name) % NAMES.len()].replace("LONG", &"n".repeat(150));
        if self.swaps != (name == SWAPPED) && name.starts_with(SWAPPED) || self.swaps && directory == SWAPPED
        {
            return;
        }
        let builder = std::mem::take(&mut self.builder);
        self.builder = match seed.kind % 12 {
            0 if self.listed.contains(&directory) => builder,
            0 => {
                self.listed.push(directory);
                // Without setgid, which directories that are only implied would inherit.
                let seed = Seed { mode: seed.mode & 0o5777, ..seed };
                let header = header(seed, EntryType::Directory, &format!("./{directory}"));
                described(builder, seed, true).raw(header, b"")
            }
            1 => builder.file(format!("{directory}/.wh..wh..opq").trim_start_matches('/'), ""),
            2 => {
                let (parent, name) = name.rsplit_once('/').unwrap_or((".", &name));
                builder.pax(&[("path", format!("{parent}/.wh.{name}").as_bytes())]).file("made-up", "")
            }
            3 => self.link(builder, &name, seed),
            kind => {
                self.files.retain(|file| *file != name);
                self.files.push(name.clone());
                leaf(builder, &name, kind, seed)
            }
        };
    }

    fn link(&self, builder: Builder, name: &str, seed: Seed) -> Builder {
        let files: Vec<&String> = self.files.iter().filter(|file| *file != name).collect();
        match files.get(usize::from(seed.other) % files.len().max(1)) {
            Some(target) if self.files.iter().all(|file| file != name) => builder
                .gnu_long(EntryType::GNULongLink, target)
                .gnu_long(EntryType::GNULongName, name)
                .raw(header(seed, EntryType::Link, "made-up"), b""),
            _ => builder,
        }
    }
}

fn leaf(builder: Builder, name: &str, kind: u8, seed: Seed) -> Builder {
    let content = "content ".repeat(usize::from(seed.other) * 40);
    let named = |builder: Builder| builder.gnu_long(EntryType::GNULongName, name);
    match kind {
        4 => {
            let target = TARGETS[usize::from(seed.other) % TARGETS.len()];
            let mut header = header(seed, EntryType::Symlink, "made-up");
            header.as_old_mut().linkname[..target.len()].copy_from_slice(target.as_bytes());
            named(builder).raw(header, b"")
        }
        5 => named(builder).raw(header(seed, EntryType::Fifo, "made-up"), b""),
        6 | 7 => {
            let kind = if kind == 6 { EntryType::Char } else { EntryType::Block };
            let mut header = header(seed, kind, "made-up");
            header.set_device_major(u32::from(seed.other) + 1).unwrap();
            header.set_device_minor(seed.owner & 0xffff).unwrap();
            named(builder).raw(header, b"")
        }
        8 => sparse(builder, name, seed),
        _ => {
            let mut header = header(seed, EntryType::Regular, "made-up");
            header.set_size(content.len() as u64);
            described(named(builder), seed, false).raw(header, content.as_bytes())
        }
    }
}

fn sparse(builder: Builder, name: &str, seed: Seed) -> Builder {
    let (offset, size) = (u64::from(seed.other) * 1000, u64::from(seed.other) * 3000 + 8);
    let (size, map) = (size.to_string(), format!("{offset},7,{size},0"));
    let records: &[(&str, &[u8])] = &[
        ("GNU.sparse.size", size.as_bytes()),
        ("GNU.sparse.numblocks", b"2"),
        ("GNU.sparse.name", name.as_bytes()),
        ("GNU.sparse.map", map.as_bytes()),
        ("path", name.as_bytes()),
    ];
    let mut header = header(seed, EntryType::Regular, "made-up");
    header.set_size(7);
    builder.pax(records).raw(header, b"content")
}

/// Records for what a header has no room for.
fn described(builder: Builder, seed: Seed, is_directory: bool) -> Builder {
    let (time, owner) = (format!("{}.{:03}", seed.time, seed.mode), seed.owner.to_string());
    let mut records: Vec<(&str, &[u8])> =
        vec![("SCHILY.xattr.user.a", b"\0 value\n"), ("gid", owner.as_bytes())];
    if seed.other.is_multiple_of(2) {
        records.push(("mtime", time.as_bytes()));
    }
    if seed.other.is_multiple_of(3) && !is_directory {
        let capability = &[1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        records.push(("SCHILY.xattr.security.capability", capability));
        records.push(("LIBARCHIVE.xattr.user.b", b"aWdub3JlZA"));
    }
    builder.pax(&records)
}

fn header(seed: Seed, kind: EntryType, name: &str) -> Header {
    let mut header = Builder::header(kind, name);
    header.set_mode(u32::from(seed.mode & 0o7777));
    header.set_uid(u64::from(seed.owner));
    // Behind 0o77777777777 seconds in base 256.
    header.set_mtime(seed.time.unsigned_abs());
    header
}
