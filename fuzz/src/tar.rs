//! Archives made of what a fuzzer chooses, with sums that are right: a reader that checks them would else see headers of noise.
//!
//! It writes any nonsense that a header can hold (POSIX.1-2017, "ustar Interchange Format").

use arbitrary::Arbitrary;

/// One header with what follows it.
#[derive(Debug, Arbitrary)]
pub struct Member {
    name: Name,
    link: Name,
    kind: u8,
    mode: u16,
    numbers: [u8; 4],
    /// The size that the header gives; `None` for the true one.
    size: Option<u64>,
    content: Content,
    sparse: Option<Sparse>,
    is_gnu: bool,
}

/// What follows a header.
#[derive(Debug, Arbitrary)]
enum Content {
    Bytes(Vec<u8>),
    /// PAX records that are well-formed.
    Records(Vec<(u8, Value)>),
    /// The map of a sparse file of version 1.0, and its data.
    Mapped(Vec<Fragment>, Vec<u8>),
}

/// What a record says.
#[derive(Debug, Arbitrary)]
enum Value {
    Number(u32),
    Time(i32, u16),
    Name(Name),
    Bytes(Vec<u8>),
    Map(Vec<Fragment>),
}

/// Offset and length of a piece of a sparse file.
type Fragment = (u16, u8);

/// The fields of a header in GNU's old format for sparse files.
#[derive(Debug, Arbitrary)]
struct Sparse {
    /// Those that do not fit into the header go into blocks behind it.
    fragments: Vec<Fragment>,
    size: u32,
}

/// Keys of records, all of them known to somebody.
const KEYS: [&str; 20] = [
    "path",
    "linkpath",
    "size",
    "uid",
    "gid",
    "mtime",
    "SCHILY.xattr.user.a",
    "SCHILY.xattr.security.capability",
    "SCHILY.xattr.trusted.overlay.opaque",
    "LIBARCHIVE.xattr.user.a",
    "GNU.sparse.major",
    "GNU.sparse.minor",
    "GNU.sparse.name",
    "GNU.sparse.size",
    "GNU.sparse.realsize",
    "GNU.sparse.numblocks",
    "GNU.sparse.offset",
    "GNU.sparse.numbytes",
    "GNU.sparse.map",
    "comment",
];

/// Names that meet each other, and names that do not.
#[derive(Debug, Arbitrary)]
enum Name {
    Parts(Vec<u8>),
    Bytes(Vec<u8>),
}

/// Parts that mean something to somebody.
const PARTS: [&str; 16] = [
    "a",
    "b",
    "c",
    "dir",
    "..",
    ".",
    "",
    ".wh.a",
    ".wh.b",
    ".wh..wh..opq",
    ".wh.",
    ".wh..wh.plnk",
    "etc",
    "passwd",
    "link",
    "/",
];

/// Kinds of members, most of them known.
const KINDS: &[u8] = b"0123456755LKxgSVMA\0xL";

const NAME: std::ops::Range<usize> = 0..100;
const LINK: std::ops::Range<usize> = 157..257;
const SIZE: std::ops::Range<usize> = 124..136;
const SUM: std::ops::Range<usize> = 148..156;
const BLOCK: usize = 512;

impl Name {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Name::Bytes(bytes) => bytes.clone(),
            Name::Parts(parts) => {
                let parts: Vec<&str> =
                    parts.iter().map(|part| PARTS[usize::from(*part) % PARTS.len()]).collect();
                parts.join("/").into_bytes()
            }
        }
    }
}

/// The archive, with its end.
pub fn write(members: &[Member]) -> Vec<u8> {
    let mut archive = Vec::new();
    for member in members {
        let content = member.content.bytes();
        archive.extend_from_slice(&header(member, content.len()));
        if let Some(sparse) = &member.sparse {
            archive.extend_from_slice(&sparse.blocks());
        }
        archive.extend_from_slice(&content);
        archive.resize(archive.len().next_multiple_of(BLOCK), 0);
    }
    archive.resize(archive.len() + 2 * BLOCK, 0);
    archive
}

impl Content {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Content::Bytes(bytes) => bytes.clone(),
            Content::Records(records) => records.iter().flat_map(|(key, value)| record(*key, value)).collect(),
            Content::Mapped(map, data) => {
                let mut bytes = format!("{}\n", map.len()).into_bytes();
                for (offset, length) in map {
                    bytes.extend_from_slice(format!("{offset}\n{length}\n").as_bytes());
                }
                bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
                bytes.extend_from_slice(data);
                bytes
            }
        }
    }
}

impl Value {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Value::Number(number) => number.to_string().into_bytes(),
            Value::Time(seconds, fraction) => format!("{seconds}.{fraction}").into_bytes(),
            Value::Name(name) => name.bytes(),
            Value::Bytes(bytes) => bytes.clone(),
            Value::Map(map) => {
                let pairs: Vec<String> =
                    map.iter().map(|(offset, length)| format!("{offset},{length}")).collect();
                pairs.join(",").into_bytes()
            }
        }
    }
}

impl Sparse {
    const IN_HEADER: usize = 4;
    const IN_BLOCK: usize = 21;

    fn put_fields(&self, header: &mut [u8; BLOCK]) {
        let here = self.fragments.len().min(Self::IN_HEADER);
        put_table(&mut header[386..482], &self.fragments[..here]);
        header[482] = u8::from(self.fragments.len() > here);
        put(&mut header[483..495], format!("{:011o}", self.size).as_bytes());
    }

    fn blocks(&self) -> Vec<u8> {
        let behind = self.fragments.get(Self::IN_HEADER..).unwrap_or_default();
        let mut blocks = Vec::new();
        for (at, fragments) in behind.chunks(Self::IN_BLOCK).enumerate() {
            let mut block = [0; BLOCK];
            put_table(&mut block[..504], fragments);
            block[504] = u8::from(behind.len() > (at + 1) * Self::IN_BLOCK);
            blocks.extend_from_slice(&block);
        }
        blocks
    }
}

fn put_table(table: &mut [u8], fragments: &[Fragment]) {
    for (field, (offset, length)) in table.chunks_exact_mut(24).zip(fragments) {
        put(field, format!("{offset:011o}\0{length:011o}").as_bytes());
    }
}

/// `"<length> <key>=<value>\n"`, the length counting all of it.
fn record(key: u8, value: &Value) -> Vec<u8> {
    let rest = [b" ", KEYS[usize::from(key) % KEYS.len()].as_bytes(), b"=", &value.bytes(), b"\n"].concat();
    let mut length = rest.len();
    while length != rest.len() + length.to_string().len() {
        length = rest.len() + length.to_string().len();
    }
    [length.to_string().into_bytes(), rest].concat()
}

fn header(member: &Member, length: usize) -> [u8; BLOCK] {
    let mut header = [0; BLOCK];
    put(&mut header[NAME], &member.name.bytes());
    put(&mut header[LINK], &member.link.bytes());
    let [user, group, time, device] = member.numbers;
    put(&mut header[100..108], format!("{:07o}", member.mode & 0o7777).as_bytes());
    put(&mut header[108..116], format!("{user:07o}").as_bytes());
    put(&mut header[116..124], format!("{group:07o}").as_bytes());
    put(&mut header[136..148], format!("{time:011o}").as_bytes());
    put(&mut header[329..337], format!("{device:07o}").as_bytes());
    put_size(&mut header[SIZE], member.size.unwrap_or(length as u64));
    header[156] = KINDS[usize::from(member.kind) % KINDS.len()];
    let magic: &[u8] = if member.is_gnu { b"ustar  \0" } else { b"ustar\x0000" };
    put(&mut header[257..265], magic);
    if let Some(sparse) = &member.sparse {
        header[156] = b'S';
        sparse.put_fields(&mut header);
    }
    header[SUM].fill(b' ');
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    put(&mut header[SUM], format!("{sum:06o}\0 ").as_bytes());
    header
}

/// In octal, or in GNU's base 256 where octal is too short.
fn put_size(field: &mut [u8], size: u64) {
    if size < 1 << 33 {
        put(field, format!("{size:011o}").as_bytes());
    } else {
        field[0] = 0x80;
        field[4..].copy_from_slice(&size.to_be_bytes());
    }
}

fn put(field: &mut [u8], bytes: &[u8]) {
    let length = bytes.len().min(field.len());
    field[..length].copy_from_slice(&bytes[..length]);
}
