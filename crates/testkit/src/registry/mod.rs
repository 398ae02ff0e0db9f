//! A registry on loopback that serves one image or none, takes pushes, counts what is asked of it, can want to know who asks, and can be
//! told to stop in the middle.
//!
//! It knows as much of the distribution protocol as pulls and pushes need; what a registry can get wrong on the wire is the business of
//! the client's own tests.

mod answer;
mod door;
mod read;
mod request;
mod shelves;
mod write;

use std::fs;
use std::io::BufReader;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use answer::Answer;
use door::Door;
use request::Request;
use shelves::Shelves;

/// A registry, until the test's process ends.
#[derive(Debug)]
pub struct Registry {
    address: String,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    address: String,
    /// The directory that has the blobs, in the form of an OCI image layout.
    layout: PathBuf,
    shelves: Mutex<Shelves>,
    door: Mutex<Door>,
    /// Method, path with query and the first byte asked for, of every request.
    requests: Mutex<Vec<(String, String, u64)>>,
    /// After how many bytes of a blob nothing more comes.
    hold: Mutex<Option<u64>>,
    /// After how many bytes of an upload the connection breaks, once.
    cut: Mutex<Option<u64>>,
}

impl Registry {
    /// Serves the first image of an OCI archive under every name and tag; `scratch` takes its files.
    ///
    /// # Panics
    /// When the archive is none, or nobody can listen on loopback.
    #[must_use]
    pub fn serve(archive: &Path, scratch: &Path) -> Registry {
        let layout = fresh(scratch);
        let unpacked = Command::new("tar").arg("-xf").arg(archive).arg("-C").arg(&layout).status();
        assert!(unpacked.expect("tar").success(), "`{}` is no archive", archive.display());
        let index = fs::read_to_string(layout.join("index.json")).expect("an index");
        let (_, digest) = index.split_once("sha256:").expect("a manifest");
        let blobs = fs::read_dir(layout.join("blobs/sha256")).expect("blobs").flatten();
        let everywhere = blobs.map(|blob| format!("sha256:{}", blob.file_name().to_string_lossy())).collect();
        let default = Some(format!("sha256:{}", &digest[..64]));
        Self::start(layout, Shelves { default, everywhere, ..Shelves::default() })
    }

    /// One that has nothing yet; `scratch` takes its files.
    ///
    /// # Panics
    /// When nobody can listen on loopback.
    #[must_use]
    pub fn empty(scratch: &Path) -> Registry {
        let layout = fresh(scratch);
        fs::create_dir_all(layout.join("blobs/sha256")).expect("a directory");
        Self::start(layout, Shelves::default())
    }

    fn start(layout: PathBuf, shelves: Shelves) -> Registry {
        fs::create_dir(layout.join("uploads")).expect("a directory");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let state = State {
            address: address.clone(),
            layout,
            shelves: Mutex::new(shelves),
            door: Mutex::default(),
            requests: Mutex::default(),
            hold: Mutex::default(),
            cut: Mutex::default(),
        };
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

    /// A name that an image has here.
    #[must_use]
    pub fn name(&self, path_and_tag: &str) -> String {
        format!("{}/{path_and_tag}", self.address)
    }

    /// Host and port.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The directory of blobs; changing a file corrupts the blob.
    #[must_use]
    pub fn blobs(&self) -> PathBuf {
        self.state.layout.join("blobs/sha256")
    }

    /// The digest that a tag of a repository stands for.
    #[must_use]
    pub fn tag(&self, repository: &str, tag: &str) -> Option<String> {
        lock(&self.state.shelves).tags.get(&(repository.to_owned(), tag.to_owned())).cloned()
    }

    /// From now on, every answer with a blob stops after so many bytes until the client hangs up; `None` for whole ones.
    pub fn hold_blobs_after(&self, bytes: Option<u64>) {
        *lock(&self.state.hold) = bytes;
    }

    /// The next upload breaks off after so many bytes.
    pub fn cut_upload_after(&self, bytes: u64) {
        *lock(&self.state.cut) = Some(bytes);
    }

    /// From now on, only who shows this name and password gets in.
    pub fn demand_password(&self, user: &str, password: &str) {
        *lock(&self.state.door) = Door::password(user, password);
    }

    /// From now on, only who shows a token gets in; this name and password get one, and an identity token too, which gets others.
    pub fn demand_token(&self, user: &str, password: &str) {
        *lock(&self.state.door) = Door::token(user, password);
    }

    /// What was shown at the door, or to the token server, since the last call: each once, in order.
    #[must_use]
    pub fn shown(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.state.door).shown)
    }

    /// The downloads of blobs since the last look at requests: the path, and the first byte asked for.
    #[must_use]
    pub fn blob_requests(&self) -> Vec<(String, u64)> {
        let requests = std::mem::take(&mut *lock(&self.state.requests));
        let downloads = requests.into_iter().filter(|(method, ..)| method == "GET");
        downloads
            .filter(|(_, path, _)| path.contains("/blobs/"))
            .map(|(_, path, from)| (path, from))
            .collect()
    }

    /// The requests that write since the last look at requests: method, and path with query.
    #[must_use]
    pub fn writes(&self) -> Vec<(String, String)> {
        let requests = std::mem::take(&mut *lock(&self.state.requests));
        let reads = |method: &str| matches!(method, "GET" | "HEAD");
        requests
            .into_iter()
            .filter(|(method, ..)| !reads(method))
            .map(|(method, path, _)| (method, path))
            .collect()
    }
}

impl State {
    /// Answers one request after the other.
    fn converse(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut input = BufReader::new(stream.try_clone()?);
        let mut stream = stream;
        while let Some(mut request) = Request::read(&mut input)? {
            let noted = (request.method.clone(), request.target.clone(), request.from);
            lock(&self.requests).push(noted);
            if !self.answer(&mut request, &mut input, &mut stream)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Whether the connection can be used again.
    fn answer(
        &self,
        request: &mut Request,
        input: &mut BufReader<TcpStream>,
        stream: &mut TcpStream,
    ) -> std::io::Result<bool> {
        let answer = &mut Answer { stream, is_head: request.method == "HEAD" };
        if request.path == "/token" {
            let body = request.body(input)?;
            return lock(&self.door).give_token(request, &body, answer);
        }
        if !lock(&self.door).admits(request) {
            request.body(input)?;
            return lock(&self.door).refuse(&self.address, answer);
        }
        match request.method.as_str() {
            "GET" | "HEAD" => self.read(request, answer),
            _ => self.write(request, input, answer),
        }
    }
}

fn fresh(scratch: &Path) -> PathBuf {
    let directory = tempfile::Builder::new().prefix("registry-").tempdir_in(scratch).expect("a directory");
    directory.keep()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
