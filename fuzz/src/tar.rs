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
    content: Vec<u8>,
    is_gnu: bool,
}

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
        archive.extend_from_slice(&header(member));
        archive.extend_from_slice(&member.content);
        archive.resize(archive.len().next_multiple_of(BLOCK), 0);
    }
    archive.resize(archive.len() + 2 * BLOCK, 0);
    archive
}

fn header(member: &Member) -> [u8; BLOCK] {
    let mut header = [0; BLOCK];
    put(&mut header[NAME], &member.name.bytes());
    put(&mut header[LINK], &member.link.bytes());
    let [user, group, time, device] = member.numbers;
    put(&mut header[100..108], format!("{:07o}", member.mode & 0o7777).as_bytes());
    put(&mut header[108..116], format!("{user:07o}").as_bytes());
    put(&mut header[116..124], format!("{group:07o}").as_bytes());
    put(&mut header[136..148], format!("{time:011o}").as_bytes());
    put(&mut header[329..337], format!("{device:07o}").as_bytes());
    put_size(&mut header[SIZE], member.size.unwrap_or(member.content.len() as u64));
    header[156] = KINDS[usize::from(member.kind) % KINDS.len()];
    let magic: &[u8] = if member.is_gnu { b"ustar  \0" } else { b"ustar\x0000" };
    put(&mut header[257..265], magic);
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
