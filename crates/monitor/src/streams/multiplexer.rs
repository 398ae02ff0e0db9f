//! The multiplexer: outputs of one process to the log and to its clients, input of its clients to the process.
//!
//! It never waits and copies each byte at most once, into the one buffer that it is lent. It does not know what a log is: it
//! tells its caller what was read.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::PollFlags;
use rustix::io::{Errno, read, retry_on_intr};

use crate::moment::Moment;
use crate::poll::{PollSet, Token, Whose};
use crate::protocol::Attach;
use crate::streams::Source;
use crate::streams::attached::{Attached, Sent};
use crate::streams::input::Input;

/// What gets the bytes that a process wrote.
pub(crate) type Sink<'a> = &'a mut dyn FnMut(Source, &[u8]);

/// How much of one output is still read after its process has ended. A pipe holds at most 1 MiB (`pipe-max-size`); more can
/// only come from a process that outlives it, and would never end.
const DRAIN_LIMIT: usize = 2 << 20;

/// How many clients one process may have; each costs the monitor a descriptor, of which it has 1024 by default.
const MOST_CLIENTS: usize = 256;

/// The standard streams of one process.
#[derive(Debug)]
pub(crate) struct Multiplexer {
    pub(super) terminal: bool,
    /// Whether standard input ends with the first client attached to it.
    pub(super) stdin_once: bool,
    /// That client.
    pub(super) first: Option<u32>,
    pub(super) input: Input,
    pub(super) outputs: Vec<Output>,
    pub(super) clients: Vec<Attached>,
    pub(super) next_key: u32,
    pub(super) ended: bool,
    /// Whether outputs are left alone for now.
    pub(super) held_back: bool,
}

/// One output and where it is read.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) source: Source,
    pub(super) descriptor: OwnedFd,
}

/// The near ends of a process's standard streams, none of which block.
#[derive(Debug)]
pub(crate) enum Ends {
    /// A terminal's master.
    Terminal(OwnedFd),
    /// Pipes.
    Pipes {
        /// `None` where the process has `/dev/null`.
        stdin: Option<OwnedFd>,
        stdout: OwnedFd,
        stderr: OwnedFd,
    },
}

impl Ends {
    /// All of them, in the order in which [`Ends::received`] takes them.
    pub(crate) fn descriptors(&self) -> Vec<BorrowedFd<'_>> {
        match self {
            Self::Terminal(master) => vec![master.as_fd()],
            Self::Pipes { stdin, stdout, stderr } => {
                [stdout, stderr].into_iter().chain(stdin).map(AsFd::as_fd).collect()
            }
        }
    }

    /// The ends that another process has made; `None` where they are not as many as there have to be.
    pub(crate) fn received(descriptors: Vec<OwnedFd>, terminal: bool) -> Option<Self> {
        let mut descriptors = descriptors.into_iter();
        let first = descriptors.next()?;
        if terminal {
            return descriptors.next().is_none().then_some(Self::Terminal(first));
        }
        let (stderr, stdin) = (descriptors.next()?, descriptors.next());
        descriptors.next().is_none().then_some(Self::Pipes { stdin, stdout: first, stderr })
    }
}

impl Multiplexer {
    /// # Errors
    /// What fcntl(2) says to a second descriptor of a terminal.
    pub(crate) fn new(ends: Ends, stdin_once: bool) -> std::io::Result<Self> {
        let output = |source, descriptor| Output { source, descriptor };
        let terminal = matches!(ends, Ends::Terminal(_));
        let (input, outputs) = match ends {
            Ends::Terminal(master) => (Some(master.try_clone()?), vec![output(Source::Stdout, master)]),
            Ends::Pipes { stdin, stdout, stderr } => {
                (stdin, vec![output(Source::Stdout, stdout), output(Source::Stderr, stderr)])
            }
        };
        Ok(Self {
            terminal,
            stdin_once,
            first: None,
            input: Input::new(input, b"", false),
            outputs,
            clients: Vec::new(),
            next_key: 0,
            ended: false,
            held_back: false,
        })
    }

    /// Joins a client.
    pub(crate) fn attach(&mut self, wants: Attach, stream: OwnedFd, now: Moment) {
        let key = self.next_key;
        self.next_key += 1;
        if self.stdin_once && wants.stdin && self.first.is_none() {
            self.first = Some(key);
        }
        self.clients.push(Attached::new(key, wants, stream, now));
    }

    /// Leaves outputs alone, or not any more: whoever keeps them has to take what it has first.
    pub(crate) fn hold_back(&mut self, is_behind: bool) {
        self.held_back = is_behind;
    }

    /// Whether another client may be joined.
    pub(crate) fn has_room(&self) -> bool {
        self.clients.len() < MOST_CLIENTS
    }

    /// How many clients there are.
    pub(crate) fn clients(&self) -> usize {
        self.clients.len()
    }

    /// The terminal, where there is one that is not yet gone.
    pub(crate) fn terminal(&self) -> Option<BorrowedFd<'_>> {
        self.outputs.first().filter(|_| self.terminal).map(|output| output.descriptor.as_fd())
    }

    /// Adds what is worth waiting for just now.
    pub(crate) fn register<'a>(&'a self, whose: Whose, set: &mut PollSet<'a>) {
        for output in &self.outputs {
            if !self.held_back && !self.clients.iter().any(|client| client.holds_back(output.source)) {
                set.add(output.descriptor.as_fd(), PollFlags::IN, Token::Output(whose, output.source));
            }
        }
        self.input.register(set, Token::Input(whose));
        for client in &self.clients {
            if let Some(events) = client.interest(self.input.wants_more()) {
                set.add(client.descriptor(), events, Token::Client(whose, client.key));
            }
        }
    }

    /// The earliest moment at which [`Self::expire`] has something to do.
    pub(crate) fn deadline(&self) -> Option<Moment> {
        self.clients.iter().filter_map(Attached::deadline).min()
    }

    /// Reads one output once; it is forgotten at its end.
    pub(crate) fn read_output(&mut self, source: Source, buffer: &mut [u8], sink: Sink<'_>) {
        if let Some(position) = self.outputs.iter().position(|output| output.source == source)
            && let Read::End = self.read_once(position, buffer, sink)
        {
            self.outputs.remove(position);
        }
        self.sweep(buffer);
    }

    fn read_once(&mut self, position: usize, buffer: &mut [u8], sink: Sink<'_>) -> Read {
        let Output { source, descriptor } = &self.outputs[position];
        match retry_on_intr(|| read(descriptor, &mut *buffer)) {
            // A terminal says EIO once nobody has its other end open (pty(7)).
            Ok(0) | Err(Errno::IO) => Read::End,
            Err(Errno::AGAIN) => Read::Nothing,
            Err(_) => Read::End,
            Ok(count) => {
                let (source, bytes) = (*source, &buffer[..count]);
                sink(source, bytes);
                let now = Moment::now();
                for client in &mut self.clients {
                    client.deliver(source, !self.terminal, bytes, now);
                }
                Read::Bytes(count)
            }
        }
    }

    /// The process takes input again.
    pub(crate) fn flush_input(&mut self) {
        self.input.flush();
    }

    /// Something happened at a client.
    pub(crate) fn serve_client(&mut self, key: u32, events: PollFlags, buffer: &mut [u8]) {
        let Some(client) = self.clients.iter_mut().find(|client| client.key == key) else { return };
        if events.contains(PollFlags::OUT) {
            client.flush(Moment::now());
        }
        if events.intersects(PollFlags::HUP | PollFlags::ERR) {
            client.hang_up();
        }
        if client.sends() && self.input.wants_more() {
            match client.receive(buffer) {
                Sent::Bytes(count) => self.input.accept(&buffer[..count]),
                Sent::Nothing => {}
                Sent::End => self.end_of_input(key),
            }
        }
        self.sweep(buffer);
    }

    /// A client sends no more. A terminal has no half-closed state: its process sees the end when somebody types it.
    fn end_of_input(&mut self, key: u32) {
        if self.first == Some(key) && !self.terminal {
            self.input.close_after_delivery();
        }
    }

    /// Cuts every client whose patience has ended.
    pub(crate) fn expire(&mut self, now: Moment, buffer: &mut [u8]) {
        for client in &mut self.clients {
            if client.deadline().is_some_and(|deadline| deadline <= now) {
                client.cut();
            }
        }
        self.sweep(buffer);
    }

    /// Lets go of clients that are gone, and after the process's end of those that have everything.
    fn sweep(&mut self, buffer: &mut [u8]) {
        let mut position = 0;
        while let Some(client) = self.clients.get(position) {
            let input_over = !client.sends() || !self.input.is_open();
            if client.hung_up() && input_over || self.ended && !client.is_behind() {
                let client = self.clients.remove(position);
                self.end_of_input(client.key);
                client.close(buffer);
            } else {
                position += 1;
            }
        }
    }

    /// The process has ended: takes what it left in its outputs, whoever is behind, and closes everything but clients that
    /// have not got all of it yet. Returns the outputs that some other process still holds open: their end did not come in time.
    pub(crate) fn end(&mut self, patience_ms: u64, buffer: &mut [u8], sink: Sink<'_>) -> Vec<Source> {
        let deadline = Moment::now().plus_ms(patience_ms);
        let mut held_open = Vec::new();
        for position in 0..self.outputs.len() {
            if !self.drain(position, deadline, buffer, &mut *sink) {
                held_open.push(self.outputs[position].source);
            }
        }
        self.outputs.clear();
        self.input.close();
        self.ended = true;
        self.sweep(buffer);
        held_open
    }

    /// Reads one output to its end; false where that does not come, for as much or as long as is bearable.
    fn drain(&mut self, position: usize, deadline: Moment, buffer: &mut [u8], sink: Sink<'_>) -> bool {
        let mut total = 0;
        while total < DRAIN_LIMIT {
            match self.read_once(position, buffer, &mut *sink) {
                Read::Bytes(count) => total += count,
                Read::End => return true,
                Read::Nothing if self.terminal || !self.await_more(position, deadline) => {
                    return self.terminal;
                }
                Read::Nothing => {}
            }
        }
        false
    }

    /// Whether there is more of an output, or its end, before the deadline.
    fn await_more(&self, position: usize, deadline: Moment) -> bool {
        let Output { source, descriptor } = &self.outputs[position];
        let mut set = PollSet::default();
        set.add(descriptor.as_fd(), PollFlags::IN, Token::Output(Whose::Container, *source));
        // Failure is the same as silence.
        set.wait(Some(deadline.from(Moment::now()))).is_ok_and(|ready| !ready.is_empty())
    }
}

/// What one read of an output gave.
enum Read {
    Bytes(usize),
    Nothing,
    End,
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::Shutdown;
    use std::os::unix::net::UnixStream;
    use std::time::Duration;

    use rustix::pipe::{PipeFlags, pipe_with};

    use super::*;
    use crate::poll::PollSet;

    /// A process that is this test, and its multiplexer.
    struct Bench {
        streams: Multiplexer,
        stdin: OwnedFd,
        stdout: OwnedFd,
        stderr: OwnedFd,
        log: Vec<u8>,
        buffer: Vec<u8>,
    }

    fn everything(patience_ms: Option<u64>) -> Attach {
        Attach { stdin: true, stdout: true, stderr: true, patience_ms }
    }

    impl Bench {
        fn new(stdin_once: bool) -> Self {
            let pipe = || pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK).unwrap();
            let ((stdin, near_stdin), (near_stdout, stdout), (near_stderr, stderr)) =
                (pipe(), pipe(), pipe());
            let ends = Ends::Pipes { stdin: Some(near_stdin), stdout: near_stdout, stderr: near_stderr };
            let streams = Multiplexer::new(ends, stdin_once).unwrap();
            Self { streams, stdin, stdout, stderr, log: Vec::new(), buffer: vec![0; 64 * 1024] }
        }

        fn attach(&mut self, wants: Attach) -> UnixStream {
            let (theirs, ours) = UnixStream::pair().unwrap();
            self.streams.attach(wants, ours.into(), Moment::now());
            theirs
        }

        /// Serves until nothing is ready.
        fn settle(&mut self) {
            loop {
                let mut set = PollSet::default();
                self.streams.register(Whose::Container, &mut set);
                let ready = set.wait(Some(Duration::ZERO)).unwrap();
                if ready.is_empty() {
                    return;
                }
                for (token, events) in ready {
                    let (log, buffer) = (&mut self.log, &mut self.buffer);
                    match token {
                        Token::Output(_, source) => {
                            self.streams
                                .read_output(source, buffer, &mut |_, bytes| log.extend_from_slice(bytes));
                        }
                        Token::Input(_) => self.streams.flush_input(),
                        Token::Client(_, key) => self.streams.serve_client(key, events, buffer),
                        other => panic!("{other:?} is not a stream's"),
                    }
                }
            }
        }

        /// What the process finds in its standard input; `None` at its end.
        fn typed(&self) -> Option<Vec<u8>> {
            let mut buffer = [0; 64];
            match read(&self.stdin, &mut buffer) {
                Ok(0) => None,
                Ok(count) => Some(buffer[..count].to_vec()),
                Err(Errno::AGAIN) => Some(Vec::new()),
                Err(error) => panic!("{error}"),
            }
        }

        /// Writes until the pipe is full; says how much.
        fn fill_stdout(&self) -> usize {
            let mut total = 0;
            while let Ok(count) = rustix::io::write(&self.stdout, &[b'x'; 4096]) {
                total += count;
            }
            total
        }

        fn end(&mut self) -> Vec<Source> {
            let log = &mut self.log;
            self.streams.end(0, &mut self.buffer, &mut |_, bytes| log.extend_from_slice(bytes))
        }
    }

    fn drained(client: &mut UnixStream) -> Vec<u8> {
        client.set_nonblocking(true).unwrap();
        let mut all = Vec::new();
        // Ends with the data (WouldBlock) or with the stream.
        let _ = client.read_to_end(&mut all);
        all
    }

    #[test]
    fn a_client_gets_frames_and_the_log_gets_bytes() {
        let mut bench = Bench::new(false);
        let mut client = bench.attach(everything(None));
        rustix::io::write(&bench.stdout, b"out").unwrap();
        bench.settle();
        rustix::io::write(&bench.stderr, b"no").unwrap();
        bench.settle();
        assert_eq!(bench.log, b"outno");
        assert_eq!(drained(&mut client), b"\x01\0\0\0\0\0\0\x03out\x02\0\0\0\0\0\0\x02no");
    }

    #[test]
    fn a_client_that_takes_nothing_holds_the_process_back_and_then_gets_every_byte() {
        let mut bench = Bench::new(false);
        let mut client = bench.attach(Attach { stderr: false, ..everything(None) });
        let mut written = 0;
        while !bench.streams.clients[0].is_behind() {
            written += bench.fill_stdout();
            bench.settle();
        }
        written += bench.fill_stdout();
        let logged = bench.log.len();
        bench.settle();
        assert_eq!(bench.log.len(), logged, "output was read while a client was behind");
        rustix::io::write(&bench.stderr, b"!").unwrap();
        bench.settle();
        assert_eq!(bench.log.len(), logged + 1, "an output that the client does not want has to go on");

        let mut framed = Vec::new();
        while bench.log.len() < written + 1 || bench.streams.clients[0].is_behind() {
            framed.extend(drained(&mut client));
            bench.settle();
        }
        framed.extend(drained(&mut client));
        assert_eq!(unframe(&framed), written);
    }

    /// How many bytes are in these frames.
    fn unframe(mut framed: &[u8]) -> usize {
        let mut total = 0;
        while let [1, 0, 0, 0, a, b, c, d, rest @ ..] = framed {
            let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
            total += length;
            framed = &rest[length..];
        }
        assert!(framed.is_empty(), "a frame is broken");
        total
    }

    #[test]
    fn a_client_is_cut_when_its_patience_ends_and_the_process_goes_on() {
        let mut bench = Bench::new(false);
        let mut client = bench.attach(everything(Some(1000)));
        while !bench.streams.clients[0].is_behind() {
            bench.fill_stdout();
            bench.settle();
        }
        let deadline = bench.streams.deadline().unwrap();
        bench.streams.expire(Moment::now(), &mut bench.buffer);
        assert_eq!(bench.streams.clients(), 1);
        bench.streams.expire(deadline, &mut bench.buffer);
        assert_eq!((bench.streams.clients(), bench.streams.deadline()), (0, None));
        let before = bench.log.len();
        bench.fill_stdout();
        bench.settle();
        assert!(bench.log.len() > before);
        client.set_nonblocking(false).unwrap();
        let end = client.read_to_end(&mut Vec::new());
        assert!(end.is_ok(), "a cut client sees the end, not {end:?}");
    }

    #[test]
    fn input_ends_with_the_first_client_only_where_it_should() {
        for (once, expected) in [(true, None), (false, Some(Vec::new()))] {
            let mut bench = Bench::new(once);
            let mut first = bench.attach(everything(None));
            let mut second = bench.attach(everything(None));
            first.write_all(b"a").unwrap();
            bench.settle();
            second.write_all(b"b").unwrap();
            second.shutdown(Shutdown::Write).unwrap();
            bench.settle();
            assert_eq!(bench.typed(), Some(b"ab".to_vec()));
            assert_eq!(bench.typed(), Some(Vec::new()));
            first.shutdown(Shutdown::Write).unwrap();
            bench.settle();
            assert_eq!(bench.typed(), expected);
            assert_eq!(bench.streams.clients(), 2, "a half-closed client still gets output");
        }
    }

    #[test]
    fn what_a_client_sent_before_it_left_arrives() {
        let mut bench = Bench::new(true);
        let mut client = bench.attach(everything(None));
        let sent = vec![b'i'; 150_000];
        client.set_nonblocking(true).unwrap();
        let mut rest = &sent[..];
        let mut arrived = 0;
        while !rest.is_empty() {
            rest = &rest[client.write(rest).unwrap_or(0)..];
            bench.settle();
            arrived += bench.typed().unwrap().len();
        }
        drop(client);
        loop {
            bench.settle();
            match bench.typed() {
                Some(bytes) => arrived += bytes.len(),
                None => break,
            }
        }
        assert_eq!(arrived, sent.len());
        assert_eq!(bench.streams.clients(), 0);
    }

    #[test]
    fn the_end_comes_after_the_last_byte_even_for_a_client_that_is_behind() {
        let mut bench = Bench::new(false);
        let mut client = bench.attach(everything(None));
        let mut quick = bench.attach(everything(None));
        let mut written = 0;
        let mut quickly = Vec::new();
        while !bench.streams.clients[0].is_behind() {
            written += bench.fill_stdout();
            bench.settle();
            quickly.extend(drained(&mut quick));
        }
        quick.write_all(b"nobody reads this").unwrap();
        written += bench.fill_stdout();
        assert_eq!(bench.end(), [Source::Stdout, Source::Stderr], "this test holds them open");
        assert_eq!(bench.log.len(), written);
        while bench.streams.clients() > 0 {
            bench.settle();
            quickly.extend(drained(&mut quick));
            if bench.streams.clients() == 1 && bench.streams.clients[0].is_behind() {
                break;
            }
        }
        quick.set_nonblocking(false).unwrap();
        quick.read_to_end(&mut quickly).unwrap();
        assert_eq!(unframe(&quickly), written);

        let mut framed = Vec::new();
        while bench.streams.clients() > 0 {
            framed.extend(drained(&mut client));
            bench.settle();
        }
        client.set_nonblocking(false).unwrap();
        client.read_to_end(&mut framed).unwrap();
        assert_eq!(unframe(&framed), written);
    }
}
