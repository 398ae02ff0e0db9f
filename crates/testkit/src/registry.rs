//! A registry on loopback that serves one image, counts what is asked of it, and can be told to stop in the middle.
//!
//! It knows as much of the distribution protocol as a pull needs; what a registry can get wrong on the wire is the business of the
//! client's own tests.

use std::fs;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// A registry, until the test's process ends.
#[derive(Debug)]
pub struct Registry {
    address: String,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    layout: PathBuf,
    manifest: String,
    /// Method, path and the first byte asked for, of every request.
    requests: Mutex<Vec<(String, u64)>>,
    /// After how many bytes of a blob nothing more comes.
    hold: Mutex<Option<u64>>,
}

impl Registry {
    /// Serves the first image of an OCI archive under every name and tag; `scratch` takes its files.
    ///
    /// # Panics
    /// When the archive is none, or nobody can listen on loopback.
    #[must_use]
    pub fn serve(archive: &Path, scratch: &Path) -> Registry {
        let layout = scratch.join("registry");
        fs::create_dir(&layout).expect("a directory");
        let unpacked = Command::new("tar").arg("-xf").arg(archive).arg("-C").arg(&layout).status();
        assert!(unpacked.expect("tar").success(), "`{}` is no archive", archive.display());
        let index = fs::read_to_string(layout.join("index.json")).expect("an index");
        let (_, digest) = index.split_once("sha256:").expect("a manifest");
        let manifest = format!("sha256:{}", &digest[..64]);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let state = State { layout, manifest, requests: Mutex::default(), hold: Mutex::default() };
        let state = Arc::new(state);
        let served = state.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = served.clone();
                // A client that hangs up is not the registry's concern.
                thread::spawn(move || drop(state.converse(stream)));
            }
        });
        Registry { address, state }
    }

    /// A name that the image has here.
    #[must_use]
    pub fn name(&self, path_and_tag: &str) -> String {
        format!("{}/{path_and_tag}", self.address)
    }

    /// Host and port.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The path of the file that holds a blob; changing it corrupts the blob.
    #[must_use]
    pub fn blobs(&self) -> PathBuf {
        self.state.layout.join("blobs/sha256")
    }

    /// From now on, every answer with a blob stops after so many bytes until the client hangs up; `None` for whole ones.
    pub fn hold_blobs_after(&self, bytes: Option<u64>) {
        *self.state.hold.lock().unwrap_or_else(PoisonError::into_inner) = bytes;
    }

    /// The requests for blobs since the last call: the path, and the first byte asked for.
    #[must_use]
    pub fn blob_requests(&self) -> Vec<(String, u64)> {
        let mut requests = self.state.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let all = std::mem::take(&mut *requests);
        all.into_iter().filter(|(path, _)| path.contains("/blobs/")).collect()
    }
}

impl State {
    /// Answers one request after the other.
    fn converse(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut requests = BufReader::new(stream.try_clone()?);
        let mut stream = stream;
        loop {
            let mut line = String::new();
            if requests.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let mut words = line.split_whitespace();
            let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            let mut from = 0;
            loop {
                let mut header = String::new();
                requests.read_line(&mut header)?;
                let header = header.trim_end().to_ascii_lowercase();
                if header.is_empty() {
                    break;
                }
                if let Some(range) = header.strip_prefix("range: bytes=") {
                    from = range.split('-').next().and_then(|first| first.parse().ok()).unwrap_or(0);
                }
            }
            self.requests.lock().unwrap_or_else(PoisonError::into_inner).push((path.to_owned(), from));
            if !self.answer(&mut stream, method, path, from)? {
                return Ok(());
            }
        }
    }

    /// Whether the connection can be used again.
    fn answer(&self, stream: &mut TcpStream, method: &str, path: &str, from: u64) -> std::io::Result<bool> {
        let last = path.rsplit('/').next().unwrap_or_default();
        let is_manifest = path.contains("/manifests/");
        let digest = if is_manifest && !last.contains(':') { &self.manifest } else { last };
        let file = self.layout.join("blobs").join(digest.replace(':', "/"));
        if path == "/v2/" {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")?;
            return Ok(true);
        }
        let Ok(mut file) = fs::File::open(file) else {
            let body = r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#;
            write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
            return Ok(true);
        };
        let size = file.metadata()?.len();
        let rest = size.saturating_sub(from);
        let kind = if is_manifest {
            "application/vnd.oci.image.manifest.v1+json"
        } else {
            "application/octet-stream"
        };
        let status = if from > 0 { "206 Partial Content" } else { "200 OK" };
        write!(stream, "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {rest}\r\n")?;
        if from > 0 {
            write!(stream, "Content-Range: bytes {from}-{}/{size}\r\n", size - 1)?;
        }
        write!(stream, "Docker-Content-Digest: {digest}\r\n\r\n")?;
        if method == "HEAD" {
            return Ok(true);
        }
        file.seek(SeekFrom::Start(from))?;
        let hold = *self.hold.lock().unwrap_or_else(PoisonError::into_inner);
        let length = hold.filter(|_| !is_manifest).unwrap_or(rest).min(rest);
        std::io::copy(&mut file.take(length), stream)?;
        if length < rest {
            // Nobody writes to it any more but to end it.
            let _ended = stream.read(&mut [0])?;
        }
        Ok(length == rest)
    }
}
