//! Reads and writes tar archives, unpacks image layers from them and packs them into them, built for hostile input.
//!
//! It does not compress, and does not know digests or images.

mod archive;
mod assemble;
mod changes;
mod checksum;
mod clean_path;
mod content;
mod destination;
mod entry;
mod error;
mod extensions;
mod extract;
mod extract_object;
mod file_index;
mod fill;
mod hard_link;
mod header;
mod implied;
mod index;
mod limits;
mod live;
mod lowers;
mod metadata;
mod owners;
mod pack;
mod pack_object;
mod parents;
mod read_map;
mod recording;
mod records;
mod recreate;
mod sparse;
mod sparse_records;
mod stack;
mod unpack;
mod whiteout;
mod write_header;
mod writer;

pub use archive::Archive;
pub use changes::{Change, ChangeKind, changes};
pub use content::Chunk;
pub use entry::{Entry, Kind, Metadata, Moment};
pub use error::{LayerTarError, LimitOf};
pub use extract::{Extracted, Extraction, extract};
pub use limits::Limits;
pub use live::pack_object;
pub use lowers::Lowers;
pub use owners::{Owner, Owners, SameOwners};
pub use pack::{Packed, pack_changes, pack_tree};
pub use recreate::{RecreateError, lost, recreate, write_lost};
pub use unpack::{Unpacked, unpack, unpack_indexed};
pub use writer::ArchiveWriter;
