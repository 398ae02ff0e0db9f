//! Taking in a blob that comes from far away: what has arrived stays, whatever ends the process, and is gone on from.
//!
//! The bytes lie in `ingest/<algorithm>-<hex>`, locked by whoever is fetching them: a second process that wants the same blob waits, or
//! does something else, and then finds it there. Bytes that a loss of power spoiled are noticed at the end, like all others that are not
//! what was announced.
//!
//! It does not fetch. A blob that has arrived keeps its place in `ingest/` beside its name until its image is recorded: a name alone is
//! taken away by the first collection after a crash.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use corten_spec::digest::Digest;
use rustix::fs::{self, AtFlags, CWD, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use crate::arrival::Arrival;
use crate::store::{errno, make};
use crate::{ArrivalReader, Content, ContentError, Hasher};

/// How much is read at once of what an earlier attempt left, in bytes.
const BLOCK: usize = 1 << 20;

/// What comes of the wish to fetch a blob.
#[derive(Debug)]
pub enum Begun {
    /// It is there already.
    There,
    /// Somebody else is fetching it at this moment.
    Elsewhere,
    /// It is the caller's to fetch, from [`Download::received`] on.
    Ours(Box<Download>),
}

/// A blob on its way. Dropped, it keeps what has arrived for whoever fetches it next.
#[derive(Debug)]
pub struct Download {
    place: Arc<Place>,
    file: Arc<File>,
    hasher: Hasher,
    arrival: Arc<Arrival>,
    received: u64,
    resumed: bool,
}

/// A blob that has arrived whole and is what was announced, but has no name yet. Dropped, it is found by the next
/// [`Content::download`].
///
/// It holds no lock, for nobody writes to it any more: whoever waited for the lock may find all of it here. Else two that have what
/// the other waits for would wait for ever.
#[derive(Debug)]
pub struct Arrived {
    place: Arc<Place>,
}

#[derive(Debug)]
struct Place {
    digest: Digest,
    size: u64,
    /// Until it has its name.
    partial: PathBuf,
    /// Its name.
    blob: PathBuf,
}

impl Content {
    /// Begins to fetch a blob, or goes on where the last attempt ended.
    ///
    /// # Errors
    /// [`ContentError::File`].
    pub fn download(&self, digest: &Digest, size: u64) -> Result<Begun, ContentError> {
        let partial = self.partial(digest);
        let place = Arc::new(Place { digest: digest.clone(), size, blob: self.path(digest), partial });
        loop {
            if self.size_if_there(digest)? == Some(size) {
                return Ok(Begun::There);
            }
            let file = open(&place.partial)?;
            match fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => {}
                Err(Errno::WOULDBLOCK) => return Ok(Begun::Elsewhere),
                Err(Errno::INTR) => continue,
                Err(source) => return Err(ContentError::file("lock", &place.partial)(source)),
            }
            // Whoever had the lock may have given the file its name, or removed it.
            if !is_still_at(&file, &place.partial)? {
                continue;
            }
            // Or this file is a new one, made since.
            if self.size_if_there(digest)? == Some(size) {
                fs::unlink(&place.partial).map_err(ContentError::file("remove", &place.partial))?;
                return Ok(Begun::There);
            }
            return Ok(Begun::Ours(Box::new(Download::take_up(place, file)?)));
        }
    }
}

impl Download {
    /// Reads what is there: it has to be hashed anyway.
    fn take_up(place: Arc<Place>, file: File) -> Result<Self, ContentError> {
        let hasher = Hasher::new(place.digest.algorithm());
        let (file, arrival) = (Arc::new(file), Arc::default());
        let mut download = Self { place, file, hasher, arrival, received: 0, resumed: false };
        let mut buffer = vec![0; BLOCK];
        loop {
            let read = download.file.read_at(&mut buffer, download.received);
            match read.map_err(|error| download.failed("read", &error))? {
                0 => break,
                length => download.take_in(&buffer[..length]),
            }
        }
        download.resumed = download.received > 0;
        if download.received > download.place.size {
            download.begin_anew()?;
        }
        Ok(download)
    }

    fn take_in(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.received += bytes.len() as u64;
        self.arrival.advance(self.received);
    }

    /// How many bytes have arrived, in this attempt or before.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.received
    }

    /// How many there will be.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.place.size
    }

    /// Whether some of the bytes are from an earlier attempt.
    #[must_use]
    pub fn is_resumed(&self) -> bool {
        self.resumed
    }

    /// What reads the blob while it arrives.
    #[must_use]
    pub fn reader(&self) -> ArrivalReader {
        ArrivalReader::new(self.arrival.clone(), self.file.clone())
    }

    /// Adds the bytes that follow.
    ///
    /// # Errors
    /// [`ContentError::Size`] for more than were announced; [`ContentError::File`].
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), ContentError> {
        let actual = self.received + bytes.len() as u64;
        if actual > self.place.size {
            return Err(ContentError::Size { expected: self.place.size, actual });
        }
        self.file.write_all_at(bytes, self.received).map_err(|error| self.failed("write", &error))?;
        self.take_in(bytes);
        Ok(())
    }

    /// Forgets what has arrived: it is not what was announced. Who reads it meanwhile is told.
    fn begin_anew(&mut self) -> Result<(), ContentError> {
        self.arrival.fail();
        self.file.set_len(0).map_err(|error| self.failed("empty", &error))?;
        self.hasher = Hasher::new(self.place.digest.algorithm());
        self.arrival = Arc::default();
        (self.received, self.resumed) = (0, false);
        Ok(())
    }

    /// Checks size and digest.
    ///
    /// # Errors
    /// [`ContentError::Size`] when bytes are missing, which stay for the next attempt; [`ContentError::Digest`], and
    /// nothing stays.
    pub fn finish(mut self) -> Result<Arrived, ContentError> {
        if self.received != self.place.size {
            return Err(ContentError::Size { expected: self.place.size, actual: self.received });
        }
        let actual = self.hasher.clone().finish();
        if actual != self.place.digest {
            self.begin_anew()?;
            return Err(ContentError::Digest { expected: self.place.digest.clone(), actual });
        }
        self.arrival.complete();
        // Not left to the last descriptor: readers have it open as well.
        fs::flock(&self.file, FlockOperation::Unlock)
            .map_err(ContentError::file("unlock", &self.place.partial))?;
        Ok(Arrived { place: self.place.clone() })
    }

    fn failed(&self, verb: &'static str, error: &std::io::Error) -> ContentError {
        ContentError::file(verb, &self.place.partial)(errno(error))
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        self.arrival.fail();
    }
}

impl Arrived {
    /// Gives the blob its name. It survives a loss of power after [`Content::sync`].
    ///
    /// # Errors
    /// [`ContentError::File`].
    pub fn name(&self) -> Result<(), ContentError> {
        let Place { partial, blob, size, .. } = &*self.place;
        loop {
            match fs::linkat(CWD, partial, CWD, blob, AtFlags::empty()) {
                Ok(()) => return Ok(()),
                // Somebody was faster with the same bytes, and may be done with them.
                Err(Errno::EXIST | Errno::NOENT) if has_size(blob, *size)? => return Ok(()),
                // A loss of power cut it short.
                Err(Errno::EXIST) => match fs::unlink(blob) {
                    Ok(()) | Err(Errno::NOENT) => {}
                    Err(source) => return Err(ContentError::file("remove", blob)(source)),
                },
                Err(source) => return Err(ContentError::file("name", blob)(source)),
            }
        }
    }

    /// Gives up the place that it arrived at, now that something leads to its name. What cannot be given up is only in the way, and
    /// removed by a later collection.
    pub fn settle(self) {
        let _later = fs::unlink(&self.place.partial);
    }
}

fn has_size(path: &Path, size: u64) -> Result<bool, ContentError> {
    match fs::stat(path) {
        Ok(stat) => Ok(u64::try_from(stat.st_size) == Ok(size)),
        Err(Errno::NOENT) => Ok(false),
        Err(source) => Err(ContentError::file("look at", path)(source)),
    }
}

fn open(path: &Path) -> Result<File, ContentError> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC;
    let open = || fs::openat(CWD, path, flags, Mode::from_raw_mode(0o644));
    let opened = match (open(), path.parent()) {
        // The first download of the root; those who only start containers need not look for the directory.
        (Err(Errno::NOENT), Some(directory)) => {
            make(directory, 0o700)?;
            open()
        }
        (opened, _) => opened,
    };
    Ok(opened.map_err(ContentError::file("open", path))?.into())
}

pub(crate) fn is_still_at(file: &File, path: &Path) -> Result<bool, ContentError> {
    let failed = |source| ContentError::file("look at", path)(source);
    let open = fs::fstat(file).map_err(failed)?;
    match fs::stat(path) {
        Ok(named) => Ok((named.st_dev, named.st_ino) == (open.st_dev, open.st_ino)),
        Err(Errno::NOENT) => Ok(false),
        Err(source) => Err(failed(source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;
    use std::thread;

    use corten_spec::digest::Algorithm;

    use crate::store::tests::store;

    fn ours(content: &Content, digest: &Digest, size: u64) -> Box<Download> {
        match content.download(digest, size).unwrap() {
            Begun::Ours(download) => download,
            other => panic!("{other:?}"),
        }
    }

    fn digest(bytes: &[u8]) -> Digest {
        Hasher::digest(Algorithm::Sha256, bytes)
    }

    #[test]
    fn an_attempt_goes_on_where_the_last_one_ended_and_the_blob_appears_when_it_is_named() {
        let (_directory, content) = store();
        let hello = digest(b"hello");
        ours(&content, &hello, 5).write(b"hel").unwrap();
        let mut download = ours(&content, &hello, 5);
        assert_eq!((download.received(), download.is_resumed()), (3, true));
        download.write(b"lo").unwrap();
        drop(download.finish().unwrap());
        let arrived = ours(&content, &hello, 5);
        assert_eq!(arrived.received(), 5);
        assert!(!content.has(&hello).unwrap());
        let arrived = arrived.finish().unwrap();
        arrived.name().unwrap();
        assert_eq!(content.read(&hello, 5).unwrap(), b"hello");
        assert!(matches!(content.download(&hello, 5).unwrap(), Begun::There));
        arrived.settle();
        assert_eq!(content.partials().unwrap(), []);
    }

    #[test]
    fn one_at_a_time_fetches_a_blob() {
        let (_directory, content) = store();
        let hello = digest(b"hello");
        let first = ours(&content, &hello, 5);
        assert!(matches!(content.download(&hello, 5).unwrap(), Begun::Elsewhere));
        drop(first);
        drop(ours(&content, &hello, 5));
    }

    #[test]
    fn what_has_arrived_keeps_nobody_waiting_and_is_named_by_whoever_is_first() {
        let (_directory, content) = store();
        let hello = digest(b"hello");
        let mut first = ours(&content, &hello, 5);
        let reader = first.reader();
        first.write(b"hello").unwrap();
        let first = first.finish().unwrap();
        let second = ours(&content, &hello, 5).finish().unwrap();
        first.name().unwrap();
        first.settle();
        second.name().unwrap();
        second.settle();
        assert_eq!(content.read(&hello, 5).unwrap(), b"hello");
        drop(reader);
    }

    #[test]
    fn a_name_that_a_collection_takes_is_not_all_there_is() {
        let (_directory, content) = store();
        let hello = digest(b"hello");
        let mut download = ours(&content, &hello, 5);
        download.write(b"hello").unwrap();
        download.finish().unwrap().name().unwrap();
        // Its process was killed before anything led to it.
        content.remove(&hello).unwrap();
        assert_eq!(ours(&content, &hello, 5).received(), 5);
    }

    #[test]
    fn what_is_not_what_was_announced_is_refused_and_not_gone_on_from() {
        let (_directory, content) = store();
        let hello = digest(b"hello");
        let mut download = ours(&content, &hello, 5);
        download.write(b"hxllo").unwrap();
        assert!(matches!(download.write(b"!"), Err(ContentError::Size { expected: 5, actual: 6 })));
        assert!(matches!(download.finish(), Err(ContentError::Digest { .. })));
        let mut download = ours(&content, &hello, 5);
        assert_eq!(download.received(), 0);
        download.write(b"hell").unwrap();
        assert!(matches!(download.finish(), Err(ContentError::Size { expected: 5, actual: 4 })));
        // Another document may have announced another size.
        assert_eq!(ours(&content, &hello, 3).received(), 0);
    }

    #[test]
    fn a_blob_is_read_while_it_arrives_and_a_reader_hears_of_a_failure() {
        let (_directory, content) = store();
        let bytes = vec![7; 300_000];
        let digest = digest(&bytes);
        let mut download = ours(&content, &digest, bytes.len() as u64);
        let mut reader = download.reader();
        let read = thread::spawn(move || {
            let mut read = Vec::new();
            reader.read_to_end(&mut read).map(|_| read)
        });
        for block in bytes.chunks(1000) {
            download.write(block).unwrap();
        }
        download.finish().unwrap().name().unwrap();
        assert!(read.join().unwrap().unwrap() == bytes);

        let hello = self::digest(b"hello");
        let mut download = ours(&content, &hello, 5);
        download.write(b"hel").unwrap();
        let mut reader = download.reader();
        drop(download);
        let mut read = Vec::new();
        assert!(reader.read_to_end(&mut read).is_err());
        assert_eq!(read, b"hel");
    }
}
