//! What a probe says over HTTP/1.1, and what it makes of the answer. Pure: the answer is whatever somebody in the container likes to send.
//!
//! The status alone counts. Nothing after it is looked at, but where it announces that another one follows.

/// How much of an answer is read.
pub const MOST: usize = 4096;

/// More header fields than that are not looked at.
const FIELDS: usize = 64;

/// What a beginning of an answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Nothing yet.
    Unfinished,
    /// The status, and the words beside it, which may be none.
    Status(u16, String),
    /// It is no HTTP.
    Nonsense,
}

/// The request. Its words have been checked: none has a blank or a control character.
pub(super) fn request(authority: &str, target: &str) -> Vec<u8> {
    format!(
        "GET {target} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: corten-prober/{}\r\nAccept: */*\r\nConnection: close\r\n\r\n",
        env!("CARGO_PKG_VERSION")
    )
    .into_bytes()
}

/// Reads the beginning of an answer.
#[must_use]
pub fn read(mut bytes: &[u8]) -> Answer {
    loop {
        let mut fields = [httparse::EMPTY_HEADER; FIELDS];
        let mut response = httparse::Response::new(&mut fields);
        let parsed = response.parse(bytes);
        // The words are known once the line has ended.
        let status = response.code.zip(response.reason);
        match (status, parsed) {
            // The real answer comes after this one (RFC 9110, section 15.2); 101 is not what was asked for.
            (Some((100..=199, _)), Ok(httparse::Status::Complete(length))) => bytes = &bytes[length..],
            (Some((100..=199, _)) | None, Ok(_)) => return Answer::Unfinished,
            (Some((100..=199, _)) | None, Err(_)) => return Answer::Nonsense,
            (Some((code, words)), _) => return Answer::Status(code, words.to_owned()),
        }
    }
}

/// Whether a status is that of a healthy server, as orchestrators have it.
pub(super) fn is_healthy(status: u16) -> bool {
    (200..400).contains(&status)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: u16, words: &str) -> Answer {
        Answer::Status(code, words.to_owned())
    }

    #[test]
    fn a_status_is_known_with_its_line() {
        assert_eq!(read(b"HTTP/1.1 200 OK\r\n"), status(200, "OK"));
        assert_eq!(
            read(b"HTTP/1.0 503 Service Unavailable\r\nA: b\r\n\r\nbody"),
            status(503, "Service Unavailable")
        );
        assert_eq!(read(b"HTTP/1.1 204\r\n"), status(204, ""));
        for unfinished in ["", "HTT", "HTTP/1.1 2", "HTTP/1.1 200 O"] {
            assert_eq!(read(unfinished.as_bytes()), Answer::Unfinished, "{unfinished}");
        }
    }

    #[test]
    fn what_follows_the_status_line_is_not_looked_at() {
        assert_eq!(read(b"HTTP/1.1 200 OK\r\n\0\xff no field\r\n"), status(200, "OK"));
        let many = format!("HTTP/1.1 200 OK\r\n{}", "A: b\r\n".repeat(FIELDS + 1));
        assert_eq!(read(many.as_bytes()), status(200, "OK"));
    }

    #[test]
    fn a_status_that_announces_another_is_passed_over() {
        assert_eq!(
            read(b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 500 Oh\r\n"),
            status(500, "Oh")
        );
        assert_eq!(read(b"HTTP/1.1 100 Continue\r\n"), Answer::Unfinished);
        assert_eq!(read(b"HTTP/1.1 100 Continue\r\n\r\n"), Answer::Unfinished);
        assert_eq!(read(b"HTTP/1.1 100 Continue\r\n\0\r\n"), Answer::Nonsense);
    }

    #[test]
    fn what_is_no_http_is_told_from_what_is_unfinished() {
        for nonsense in ["SSH-2.0-x\r\n", "HTTP/2 200\r\n", "HTTP/1.1 2x0 OK\r\n", "<html>"] {
            assert_eq!(read(nonsense.as_bytes()), Answer::Nonsense, "{nonsense}");
        }
    }

    #[test]
    fn healthy_is_what_is_neither_an_error_nor_unfinished() {
        let healthy: Vec<u16> =
            [199, 200, 204, 302, 399, 400, 404, 500].into_iter().filter(|code| is_healthy(*code)).collect();
        assert_eq!(healthy, [200, 204, 302, 399]);
    }
}
