//! What the registry takes: uploads of blobs, mounts, manifests.

use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::net::TcpStream;

use corten_image_archive::digest;

use super::answer::Answer;
use super::request::Request;
use super::{State, lock};

impl State {
    /// Whether the connection can be used again.
    pub(super) fn write(
        &self,
        request: &mut Request,
        input: &mut BufReader<TcpStream>,
        answer: &mut Answer<'_>,
    ) -> io::Result<bool> {
        if let Some((repository, name)) = request.split("manifests") {
            let (repository, name) = (repository.to_owned(), name.to_owned());
            let body = request.body(input)?;
            return self.take_manifest(&repository, &name, &request.content_type, &body, answer);
        }
        let Some((repository, session)) = request.split("blobs/uploads") else {
            request.body(input)?;
            return answer.fail("404 Not Found", "UNSUPPORTED");
        };
        let (repository, session) = (repository.to_owned(), session.to_owned());
        match request.method.as_str() {
            "POST" => {
                request.body(input)?;
                self.begin(&repository, request, answer)
            }
            "PATCH" => self.append(&session, request, input, answer),
            _ => self.end(&repository, &session, request, input, answer),
        }
    }

    fn begin(&self, repository: &str, request: &Request, answer: &mut Answer<'_>) -> io::Result<bool> {
        let mut shelves = lock(&self.shelves);
        if let (Some(digest), Some(from)) = (request.parameter("mount"), request.parameter("from"))
            && shelves.has(&from, &digest)
        {
            shelves.hold(repository, &digest);
            return answer.reply("201 Created", &[("Docker-Content-Digest", &digest)], "");
        }
        shelves.uploads += 1;
        let session = shelves.uploads.to_string();
        File::create(self.layout.join("uploads").join(&session))?;
        let location = format!("/v2/{repository}/blobs/uploads/{session}");
        answer.reply("202 Accepted", &[("Location", &location), ("Range", "0-0")], "")
    }

    fn append(
        &self,
        session: &str,
        request: &Request,
        input: &mut BufReader<TcpStream>,
        answer: &mut Answer<'_>,
    ) -> io::Result<bool> {
        let path = self.layout.join("uploads").join(session);
        let Ok(mut upload) = fs::OpenOptions::new().append(true).open(&path) else {
            return answer.fail("404 Not Found", "BLOB_UPLOAD_UNKNOWN").map(|_| false);
        };
        let cut = lock(&self.cut).take_if(|cut| *cut < request.length());
        io::copy(&mut input.take(cut.unwrap_or(request.length())), &mut upload)?;
        if cut.is_some() {
            return Ok(false);
        }
        let range = format!("0-{}", upload.metadata()?.len().saturating_sub(1));
        answer.reply("202 Accepted", &[("Location", &request.path), ("Range", &range)], "")
    }

    fn end(
        &self,
        repository: &str,
        session: &str,
        request: &mut Request,
        input: &mut BufReader<TcpStream>,
        answer: &mut Answer<'_>,
    ) -> io::Result<bool> {
        let rest = request.body(input)?;
        let path = self.layout.join("uploads").join(session);
        let Ok(mut bytes) = fs::read(&path) else {
            return answer.fail("404 Not Found", "BLOB_UPLOAD_UNKNOWN");
        };
        bytes.extend(rest);
        let announced = request.parameter("digest").unwrap_or_default();
        if digest(&bytes) != announced {
            return answer.fail("400 Bad Request", "DIGEST_INVALID");
        }
        self.keep(&announced, &bytes)?;
        fs::remove_file(path)?;
        lock(&self.shelves).hold(repository, &announced);
        answer.reply("201 Created", &[("Docker-Content-Digest", &announced)], "")
    }

    /// Takes a manifest of which all parts are there.
    fn take_manifest(
        &self,
        repository: &str,
        name: &str,
        kind: &str,
        body: &[u8],
        answer: &mut Answer<'_>,
    ) -> io::Result<bool> {
        let digest = digest(body);
        let text = String::from_utf8_lossy(body);
        let mut shelves = lock(&self.shelves);
        let parts = text.split("\"sha256:").skip(1).map(|rest| format!("sha256:{}", &rest[..64]));
        if let Some(missing) = parts.into_iter().find(|part| !shelves.has(repository, part)) {
            drop(shelves);
            return answer.fail("400 Bad Request", &format!("MANIFEST_BLOB_UNKNOWN {missing}"));
        }
        self.keep(&digest, body)?;
        shelves.hold(repository, &digest);
        shelves.kinds.insert(digest.clone(), kind.to_owned());
        if !name.contains(':') {
            shelves.tags.insert((repository.to_owned(), name.to_owned()), digest.clone());
        }
        answer.reply("201 Created", &[("Docker-Content-Digest", &digest)], "")
    }

    fn keep(&self, digest: &str, bytes: &[u8]) -> io::Result<()> {
        fs::write(self.layout.join("blobs").join(digest.replace(':', "/")), bytes)
    }
}
