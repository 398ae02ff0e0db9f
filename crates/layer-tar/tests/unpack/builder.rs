//! Archives made header by header, so that they can say what no packer would.

use tar::{EntryType, Header};

/// An archive under construction.
#[derive(Default)]
pub(crate) struct Builder {
    bytes: Vec<u8>,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn header(kind: EntryType, path: &str) -> Header {
        let mut header = Header::new_ustar();
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_entry_type(kind);
        header.set_mode(if kind == EntryType::Directory { 0o755 } else { 0o644 });
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(1_000_000_000);
        header.set_size(0);
        header
    }

    pub(crate) fn raw(mut self, mut header: Header, content: &[u8]) -> Self {
        header.set_cksum();
        self.bytes.extend_from_slice(header.as_bytes());
        self.bytes.extend_from_slice(content);
        self.bytes.resize(self.bytes.len().next_multiple_of(512), 0);
        self
    }

    pub(crate) fn file(self, path: &str, content: &str) -> Self {
        let mut header = Self::header(EntryType::Regular, path);
        header.set_size(content.len() as u64);
        self.raw(header, content.as_bytes())
    }

    pub(crate) fn directory(self, path: &str) -> Self {
        self.raw(Self::header(EntryType::Directory, path), b"")
    }

    pub(crate) fn link(self, kind: EntryType, path: &str, target: &str) -> Self {
        let mut header = Self::header(kind, path);
        header.as_old_mut().linkname[..target.len()].copy_from_slice(target.as_bytes());
        self.raw(header, b"")
    }

    pub(crate) fn symlink(self, path: &str, target: &str) -> Self {
        self.link(EntryType::Symlink, path, target)
    }

    pub(crate) fn hard_link(self, path: &str, target: &str) -> Self {
        self.link(EntryType::Link, path, target)
    }

    pub(crate) fn device(self, kind: EntryType, path: &str, major: u32, minor: u32) -> Self {
        let mut header = Self::header(kind, path);
        header.set_device_major(major).unwrap();
        header.set_device_minor(minor).unwrap();
        self.raw(header, b"")
    }

    pub(crate) fn pax(self, records: &[(&str, &[u8])]) -> Self {
        self.records(EntryType::XHeader, records)
    }

    /// Records that hold for all entries from here on.
    pub(crate) fn global(self, records: &[(&str, &[u8])]) -> Self {
        self.records(EntryType::XGlobalHeader, records)
    }

    fn records(self, kind: EntryType, records: &[(&str, &[u8])]) -> Self {
        let mut content = Vec::new();
        for (key, value) in records {
            let rest = [b" ", key.as_bytes(), b"=", value, b"\n"].concat();
            let mut length = rest.len();
            while length != rest.len() + length.to_string().len() {
                length = rest.len() + length.to_string().len();
            }
            content.extend_from_slice(length.to_string().as_bytes());
            content.extend_from_slice(&rest);
        }
        let mut header = Self::header(kind, "pax");
        header.set_size(content.len() as u64);
        self.raw(header, &content)
    }

    pub(crate) fn gnu_long(self, kind: EntryType, text: &str) -> Self {
        let mut header = Self::header(kind, "././@LongLink");
        header.set_size(text.len() as u64 + 1);
        self.raw(header, &[text.as_bytes(), b"\0"].concat())
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.bytes.resize(self.bytes.len() + 1024, 0);
        self.bytes
    }
}
