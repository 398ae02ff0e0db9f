//! PAX records, as they are written.

use std::io;

/// Records in the order in which they were added.
#[derive(Debug, Default)]
pub(crate) struct Records(Vec<u8>);

impl Records {
    /// Adds `"<length> <key>=<value>\n"`, the length counting all of it.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`] for a key that would read back as another.
    pub(crate) fn add(&mut self, key: &[u8], value: &[u8]) -> io::Result<()> {
        if key.contains(&b'=') {
            let problem = format!("an archive cannot hold the attribute `{}`", String::from_utf8_lossy(key));
            return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
        }
        // The space, the equals sign and the line feed.
        let rest = key.len() + value.len() + 3;
        let mut length = rest + digits(rest);
        if rest + digits(length) != length {
            length = rest + digits(length);
        }
        self.0.extend_from_slice(length.to_string().as_bytes());
        for part in [b" ", key, b"=", value, b"\n"] {
            self.0.extend_from_slice(part);
        }
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

fn digits(number: usize) -> usize {
    number.to_string().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_counts_its_own_digits() {
        let mut records = Records::default();
        records.add(b"a", b"bcd").unwrap();
        for length in 90..105 {
            records.add(b"k", &vec![b'x'; length]).unwrap();
        }
        let text = String::from_utf8(records.bytes().to_vec()).unwrap();
        for line in text.split_inclusive('\n') {
            assert_eq!(line.split(' ').next().unwrap(), line.len().to_string());
        }
    }
}
