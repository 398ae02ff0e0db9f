//! Answers as they go over a connection. What comes of writing one is whether the connection can be used again.

use std::io::{self, Write};
use std::net::TcpStream;

pub(super) struct Answer<'a> {
    pub(super) stream: &'a mut TcpStream,
    /// Whether it goes without its body.
    pub(super) is_head: bool,
}

impl Answer<'_> {
    /// A short document.
    pub(super) fn reply(&mut self, status: &str, headers: &[(&str, &str)], body: &str) -> io::Result<bool> {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        let body = if self.is_head { "" } else { body };
        write!(self.stream, "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n{body}")?;
        Ok(true)
    }

    /// An error of the protocol.
    pub(super) fn fail(&mut self, status: &str, code: &str) -> io::Result<bool> {
        let message = code.to_ascii_lowercase().replace('_', " ");
        let body = format!(r#"{{"errors":[{{"code":"{code}","message":"{message}"}}]}}"#);
        self.reply(status, &[("Content-Type", "application/json")], &body)
    }
}
