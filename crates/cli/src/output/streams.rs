//! A container's standard output and error on the program's own: in order, and with a system call for many lines.

use std::io::{self, Write};

use corten_api_client::Channel;

/// Gathers what goes to one of both until something goes to the other, or until it is asked to write.
pub(crate) struct Streams<O, E> {
    stdout: O,
    stderr: E,
    channel: Channel,
    gathered: Vec<u8>,
}

impl<O: Write, E: Write> Streams<O, E> {
    pub(crate) fn new(stdout: O, stderr: E) -> Self {
        Self { stdout, stderr, channel: Channel::Stdout, gathered: Vec::new() }
    }

    /// Adds bytes to one of both.
    ///
    /// # Errors
    /// What write(2) says.
    pub(crate) fn add(&mut self, channel: Channel, bytes: &[u8]) -> io::Result<()> {
        if channel != self.channel {
            self.flush()?;
            self.channel = channel;
        }
        self.gathered.extend_from_slice(bytes);
        Ok(())
    }

    /// Writes what was gathered.
    ///
    /// # Errors
    /// What write(2) says; what was gathered is gone then.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        let stream: &mut dyn Write = match self.channel {
            Channel::Stdout => &mut self.stdout,
            Channel::Stderr => &mut self.stderr,
        };
        let written = stream.write_all(&self.gathered).and_then(|()| stream.flush());
        self.gathered.clear();
        written
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// Notes each write with the stream's letter.
    struct Noted<'a>(char, &'a RefCell<Vec<String>>);

    impl Write for Noted<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.1.borrow_mut().push(format!("{}:{}", self.0, String::from_utf8_lossy(bytes)));
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_of_one_stream_are_written_at_once_and_before_the_next_of_the_other() {
        let writes = RefCell::new(Vec::new());
        let mut streams = Streams::new(Noted('o', &writes), Noted('e', &writes));
        for (channel, text) in [
            (Channel::Stdout, "1\n"),
            (Channel::Stdout, "2\n"),
            (Channel::Stderr, "3\n"),
            (Channel::Stdout, "4\n"),
            (Channel::Stdout, "5"),
        ] {
            streams.add(channel, text.as_bytes()).unwrap();
        }
        assert_eq!(*writes.borrow(), ["o:1\n2\n", "e:3\n"]);
        streams.flush().unwrap();
        streams.flush().unwrap();
        assert_eq!(*writes.borrow(), ["o:1\n2\n", "e:3\n", "o:4\n5"]);
    }
}
