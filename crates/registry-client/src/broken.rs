//! What the HTTP library says about a connection, sorted by what it means: whether trying again can help, and whose words to show.
//! Its own words and the URL, which may hold a signature, are left out: the innermost cause is the one that matters.

use std::error::Error;
use std::io;

use corten_resolver::LookupError;

use crate::answer::text::plain;
use crate::failure::Failure;
use crate::host::Host;

/// The failure that `error` is.
pub(crate) fn broken(host: &Host, error: reqwest::Error) -> Failure {
    let is_connect = error.is_connect();
    let error = error.without_url();
    let host = host.clone();
    if let Some(found) = find::<rustls::Error>(&error) {
        return Failure::Tls { host, source: found.clone().into() };
    }
    let is_refused = |error: &io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    let is_unknown = matches!(find::<LookupError>(&error), Some(LookupError::NoHost { .. }));
    if is_unknown || is_connect && find::<io::Error>(&error).is_some_and(is_refused) {
        return Failure::Unreachable { host, source: innermost(&error) };
    }
    let verb = if is_connect { "connect to" } else { "speak with" };
    Failure::Connection { verb, host, source: innermost(&error) }
}

/// The first cause of that type; one that stands inside an [`io::Error`] is no cause of it, but itself.
fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(cause) = next {
        let inner = cause.downcast_ref::<io::Error>().and_then(|error| error.get_ref());
        let found = cause.downcast_ref().or_else(|| inner.and_then(|inner| inner.downcast_ref()));
        if found.is_some() {
            return found;
        }
        next = cause.source();
    }
    None
}

/// The last cause; of a system call's failure, its number, so that it is shown as all others are.
fn innermost(error: &(dyn Error + 'static)) -> io::Error {
    let mut last = error;
    while let Some(cause) = last.source() {
        last = cause;
        if let Some(code) = cause.downcast_ref::<io::Error>().and_then(io::Error::raw_os_error) {
            return io::Error::from_raw_os_error(code);
        }
    }
    io::Error::other(plain(&last.to_string(), 512))
}
