//! Requests as they come over a connection.

use std::io::{self, BufRead, BufReader, Read};
use std::net::TcpStream;

/// A request, its body not yet read.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: String,
    /// Path with query.
    pub(super) target: String,
    pub(super) path: String,
    pub(super) query: String,
    /// The first byte asked for.
    pub(super) from: u64,
    pub(super) authorization: String,
    pub(super) content_type: String,
    length: u64,
}

impl Request {
    /// The next request; nothing once the client has hung up.
    pub(super) fn read(input: &mut BufReader<TcpStream>) -> io::Result<Option<Request>> {
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut words = line.split_whitespace().map(str::to_owned);
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let (path, query) = (path.to_owned(), query.to_owned());
        let [authorization, content_type] = [String::new(), String::new()];
        let mut request =
            Request { method, target, path, query, from: 0, authorization, content_type, length: 0 };
        loop {
            let mut header = String::new();
            input.read_line(&mut header)?;
            let Some((name, value)) = header.trim_end().split_once(':') else { return Ok(Some(request)) };
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "range" => {
                    let first = value.trim_start_matches("bytes=").split('-').next();
                    request.from = first.and_then(|first| first.parse().ok()).unwrap_or(0);
                }
                "authorization" => request.authorization = value.to_owned(),
                "content-type" => request.content_type = value.to_owned(),
                "content-length" => request.length = value.parse().unwrap_or(0),
                _ => {}
            }
        }
    }

    /// A parameter of the query.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        parameter(&self.query, name)
    }

    /// Repository and what follows `kind`: `library/busybox`, `1` for `/v2/library/busybox/manifests/1` and `manifests`.
    pub(super) fn split(&self, kind: &str) -> Option<(&str, &str)> {
        let rest = self.path.strip_prefix("/v2/")?;
        rest.split_once(&format!("/{kind}/"))
    }

    /// The body; each byte once.
    pub(super) fn body(&mut self, input: &mut impl Read) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        input.take(std::mem::take(&mut self.length)).read_to_end(&mut body)?;
        Ok(body)
    }

    /// How much of the body has not been read.
    pub(super) fn length(&self) -> u64 {
        self.length
    }
}

/// A field of a form or a query.
pub(super) fn parameter(text: &str, name: &str) -> Option<String> {
    let mut pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(key, _)| *key == name)?;
    Some(value.replace("%3A", ":").replace("%2F", "/"))
}
