//! Answers.

use corten_api_types::{API_VERSION, ErrorResponse, FAILURE_TRAILER};
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, SERVER, TRAILER};
use http::{Response, StatusCode};
use serde::Serialize;

use crate::body::{AnswerBody, ChunkSender};
use crate::failure::Failure;

/// What a handler returns.
pub(crate) type Answer = Result<Response<AnswerBody>, Failure>;

/// A document.
pub(crate) fn json<T: Serialize>(value: &T) -> Answer {
    json_with(StatusCode::OK, value)
}

/// A document with a status of its own.
pub(crate) fn json_with<T: Serialize>(status: StatusCode, value: &T) -> Answer {
    let mut text = serde_json::to_vec(value).map_err(|error| Failure {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        message: format!("write the answer as JSON: {error}"),
    })?;
    // Docker's encoder ends a document with a line feed, and its clients print some as they are.
    text.push(b'\n');
    Ok(with_body(status, "application/json", AnswerBody::whole(text)))
}

/// A status alone.
pub(crate) fn status(status: StatusCode) -> Answer {
    let mut response = Response::new(AnswerBody::empty());
    *response.status_mut() = status;
    Ok(response)
}

/// A body that is written while it is read.
pub(crate) fn stream(content_type: &'static str) -> (ChunkSender, Response<AnswerBody>) {
    let (sender, body) = AnswerBody::stream(false);
    (sender, with_body(StatusCode::OK, content_type, body))
}

/// Marks an answer that tells what happens for as long as its client is there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Follows;

/// A body that is written as things happen, and breaks off when the client says nothing any more, as Docker's do.
pub(crate) fn follow(content_type: &'static str) -> (ChunkSender, Response<AnswerBody>) {
    let (sender, mut response) = stream(content_type);
    response.extensions_mut().insert(Follows);
    (sender, response)
}

/// A body that is written while it is read, of an archive: it may break off, and only a field behind it can tell why.
pub(crate) fn archive(trailers: bool, content_type: &'static str) -> (ChunkSender, Response<AnswerBody>) {
    let (sender, body) = AnswerBody::stream(trailers);
    let mut response = with_body(StatusCode::OK, content_type, body);
    if trailers {
        response.headers_mut().insert(TRAILER, HeaderValue::from_static(FAILURE_TRAILER));
    }
    (sender, response)
}

/// A failure as Docker's clients expect it.
pub(crate) fn failure(failure: Failure) -> Response<AnswerBody> {
    let body = serde_json::to_vec(&ErrorResponse { message: failure.message }).unwrap_or_default();
    with_body(failure.status, "application/json", AnswerBody::whole(body))
}

pub(crate) fn with_body(
    status: StatusCode,
    content_type: &'static str,
    body: AnswerBody,
) -> Response<AnswerBody> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// What every answer says of the engine; clients negotiate the version by it.
pub(crate) fn add_engine_headers(response: &mut Response<AnswerBody>) {
    const SERVER_NAME: &str = concat!("Corten/", env!("CARGO_PKG_VERSION"), " (linux)");
    let headers = response.headers_mut();
    if let Ok(version) = HeaderValue::try_from(API_VERSION.to_string()) {
        headers.insert(HeaderName::from_static("api-version"), version);
    }
    for (name, value) in [("docker-experimental", "false"), ("ostype", "linux")] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.insert(SERVER, HeaderValue::from_static(SERVER_NAME));
}
