//! A record on disk: one line, `<CRC-32 in 8 hex digits> <JSON>\n`, so that a person can read what a program checks.
//!
//! The checksum finds torn and rotten records. It is no protection against anybody who can write the file.

/// Bytes of a line beside its text: checksum, space, newline.
const OVERHEAD: usize = 10;

/// Appends the line of `text` (which holds no newline: JSON escapes them) to `out`.
pub(crate) fn encode(text: &[u8], out: &mut Vec<u8>) {
    out.reserve(text.len() + OVERHEAD);
    let checksum = crc32(text);
    for shift in (0..8).rev() {
        out.push(HEX[(checksum >> (shift * 4)) as usize & 0xf]);
    }
    out.push(b' ');
    out.extend_from_slice(text);
    out.push(b'\n');
}

/// The text of a line (without its newline), if the line is whole.
pub(crate) fn decode(line: &[u8]) -> Option<&[u8]> {
    let (checksum, text) = (line.get(..8)?, line.get(9..)?);
    let checksum = u32::from_str_radix(std::str::from_utf8(checksum).ok()?, 16).ok()?;
    (line[8] == b' ' && checksum == crc32(text)).then_some(text)
}

/// Where the last newline of `bytes` is.
pub(crate) fn last_newline(bytes: &[u8]) -> Option<usize> {
    bytes.iter().rposition(|&byte| byte == b'\n')
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// The CRC-32 of IEEE 802.3 (as in gzip), four bits at a time: records are short, and 64 bytes of table cost less memory
/// than 1 KiB.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        crc = (crc >> 4) ^ CRC_OF_NIBBLE[(crc & 0xf) as usize];
        crc = (crc >> 4) ^ CRC_OF_NIBBLE[(crc & 0xf) as usize];
    }
    !crc
}

const CRC_OF_NIBBLE: [u32; 16] = {
    let mut table = [0; 16];
    let mut nibble = 0;
    while nibble < 16 {
        let mut crc = nibble as u32;
        let mut bit = 0;
        while bit < 4 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
            bit += 1;
        }
        table[nibble] = crc;
        nibble += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_one_of_gzip() {
        // The check value that catalogues of CRCs give for CRC-32/ISO-HDLC.
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn a_line_comes_back_and_any_flipped_bit_is_noticed() {
        let mut line = Vec::new();
        encode(br#"{"a":1}"#, &mut line);
        assert_eq!(line.pop(), Some(b'\n'));
        assert_eq!(decode(&line), Some(br#"{"a":1}"#.as_slice()));
        for index in 0..line.len() {
            for bit in 0..8 {
                let mut bad = line.clone();
                bad[index] ^= 1 << bit;
                // The digits a–f of the checksum read the same in capitals.
                if !bad.eq_ignore_ascii_case(&line) || index > 8 {
                    assert_eq!(decode(&bad), None, "byte {index} bit {bit}");
                }
            }
        }
    }

    #[test]
    fn every_shorter_line_is_refused() {
        let mut line = Vec::new();
        encode(br#"{"a":1}"#, &mut line);
        for length in 0..line.len() - 1 {
            assert_eq!(decode(&line[..length]), None, "{length}");
        }
    }
}
