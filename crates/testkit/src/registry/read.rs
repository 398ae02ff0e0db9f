//! What the registry gives: manifests, blobs, lists of tags, and how far uploads are.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};

use super::answer::Answer;
use super::request::Request;
use super::{State, lock};

const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

impl State {
    /// Whether the connection can be used again.
    pub(super) fn read(&self, request: &Request, answer: &mut Answer<'_>) -> io::Result<bool> {
        if request.path == "/v2/" {
            return answer.reply("200 OK", &[], "{}");
        }
        if let Some((repository, _)) = request.split("tags") {
            let tags: Vec<String> =
                lock(&self.shelves).tags_of(repository).iter().map(|tag| format!("\"{tag}\"")).collect();
            let body = format!(r#"{{"name":"{repository}","tags":[{}]}}"#, tags.join(","));
            return answer.reply("200 OK", &[("Content-Type", "application/json")], &body);
        }
        if let Some((_, session)) = request.split("blobs/uploads") {
            return self.progress(&request.path, session, answer);
        }
        if let Some((repository, name)) = request.split("manifests") {
            let (digest, kind) = {
                let shelves = lock(&self.shelves);
                let digest = shelves.manifest(repository, name);
                let kind = digest.as_ref().and_then(|digest| shelves.kinds.get(digest)).cloned();
                (digest, kind.unwrap_or_else(|| OCI_MANIFEST.to_owned()))
            };
            let Some(digest) = digest else { return answer.fail("404 Not Found", "MANIFEST_UNKNOWN") };
            return self.file(request, &digest, &kind, answer);
        }
        match request.split("blobs") {
            Some((repository, digest)) if lock(&self.shelves).has(repository, digest) => {
                self.file(request, digest, "application/octet-stream", answer)
            }
            _ => answer.fail("404 Not Found", "BLOB_UNKNOWN"),
        }
    }

    fn progress(&self, path: &str, session: &str, answer: &mut Answer<'_>) -> io::Result<bool> {
        match fs::metadata(self.layout.join("uploads").join(session)) {
            Ok(file) => {
                let range = format!("0-{}", file.len().saturating_sub(1));
                answer.reply("204 No Content", &[("Location", path), ("Range", &range)], "")
            }
            Err(_) => answer.fail("404 Not Found", "BLOB_UPLOAD_UNKNOWN"),
        }
    }

    fn file(&self, request: &Request, digest: &str, kind: &str, answer: &mut Answer<'_>) -> io::Result<bool> {
        let Ok(mut file) = File::open(self.layout.join("blobs").join(digest.replace(':', "/"))) else {
            return answer.fail("404 Not Found", "MANIFEST_UNKNOWN");
        };
        let (from, size) = (request.from, file.metadata()?.len());
        let rest = size.saturating_sub(from);
        let status = if from > 0 { "206 Partial Content" } else { "200 OK" };
        write!(answer.stream, "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {rest}\r\n")?;
        if from > 0 {
            write!(answer.stream, "Content-Range: bytes {from}-{}/{size}\r\n", size - 1)?;
        }
        write!(answer.stream, "Docker-Content-Digest: {digest}\r\n\r\n")?;
        if request.method == "HEAD" {
            return Ok(true);
        }
        file.seek(SeekFrom::Start(from))?;
        let hold = lock(&self.hold).filter(|_| request.path.contains("/blobs/"));
        let length = hold.unwrap_or(rest).min(rest);
        io::copy(&mut file.take(length), answer.stream)?;
        if length < rest {
            // Nobody writes to it any more but to end it.
            let _ended = answer.stream.read(&mut [0])?;
        }
        Ok(length == rest)
    }
}
