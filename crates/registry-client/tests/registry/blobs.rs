//! Blobs: continued where they broke, never more than announced, never from the wrong place.

use bytes::Bytes;
use corten_error::{Classified, Kind};
use expect_test::{Expect, expect};

use super::*;
use crate::server::{Body, Request};

pub(crate) const BLOB: &[u8] = b"0123456789abcdefghij";

async fn read(server: &Server, offset: u64) -> Result<Vec<u8>, Error> {
    read_from(&repository(server), offset).await
}

async fn read_from(repository: &Repository, offset: u64) -> Result<Vec<u8>, Error> {
    let mut stream = repository.blob(&layer(BLOB), offset);
    let mut all = Vec::new();
    while let Some(chunk) = stream.chunk().await? {
        let chunk: Bytes = chunk;
        all.extend_from_slice(&chunk);
    }
    assert_eq!(stream.position(), BLOB.len() as u64);
    Ok(all)
}

/// A registry as it should be: parts where parts are asked for.
fn part(request: &Request) -> Reply {
    match request.offset() {
        None => Reply::new(200, BLOB),
        Some(at) => Reply::new(206, &BLOB[at..])
            .header("Content-Range", format!("bytes {at}-{}/{}", BLOB.len() - 1, BLOB.len())),
    }
}

async fn fails(
    offset: u64,
    handler: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static,
    expected: Expect,
) -> Kind {
    let server = Server::start(handler).await;
    let error = read(&server, offset).await.unwrap_err();
    expected.assert_eq(&text(&error, &server));
    error.kind()
}

#[tokio::test]
async fn a_blob_comes_from_any_offset() {
    let server = Server::start(|request, _| part(request)).await;
    for offset in [0, 1, 19, 20] {
        assert_eq!(read(&server, offset).await.unwrap(), &BLOB[usize::try_from(offset).unwrap()..]);
    }
    assert_eq!(server.lines().len(), 3, "what is there already is not asked for");
}

#[tokio::test]
async fn a_body_that_ends_too_early_is_continued_from_there() {
    let server = Server::start(|request, _| match request.offset() {
        None => Reply::with(200, Body::Cut(20, BLOB[..7].to_vec())),
        Some(7) => {
            Reply::with(206, Body::Cut(13, BLOB[7..12].to_vec())).header("Content-Range", "bytes 7-19/20")
        }
        Some(_) => part(request),
    })
    .await;
    assert_eq!(read(&server, 0).await.unwrap(), BLOB);
    let ranges: Vec<_> =
        server.requests().iter().map(|request| request.header("range").map(str::to_owned)).collect();
    assert_eq!(ranges, [None, Some("bytes=7-".to_owned()), Some("bytes=12-".to_owned())]);
}

#[tokio::test]
async fn a_registry_without_parts_sends_all_again_and_what_is_known_is_skipped() {
    let server = Server::start(|_, _| Reply::new(200, BLOB)).await;
    assert_eq!(read(&server, 8).await.unwrap(), &BLOB[8..]);
    let server = Server::start(|_, earlier| match earlier {
        0 => Reply::with(200, Body::Cut(20, BLOB[..7].to_vec())),
        _ => Reply::with(200, Body::Chunked(BLOB.to_vec())),
    })
    .await;
    assert_eq!(read(&server, 0).await.unwrap(), BLOB);
}

#[tokio::test]
async fn a_part_from_the_wrong_place_is_refused() {
    let wrong = |_: &Request, _| Reply::new(206, &BLOB[4..]).header("Content-Range", "bytes 4-19/20");
    fails(8, wrong, expect!["cannot fetch blob `BLOB` of `lib/thing` from `SERVER`: `SERVER` gives an answer that makes no sense: it was asked for byte 8 of 20 and on, and sends `bytes 4-19/20`"]).await;
    let longer = |_: &Request, _| Reply::new(206, &BLOB[8..]).header("Content-Range", "bytes 8-19/21");
    fails(8, longer, expect!["cannot fetch blob `BLOB` of `lib/thing` from `SERVER`: `SERVER` gives an answer that makes no sense: it was asked for byte 8 of 20 and on, and sends `bytes 8-19/21`"]).await;
    fails(8, |_, _| Reply::new(206, &BLOB[8..]), expect!["cannot fetch blob `BLOB` of `lib/thing` from `SERVER`: `SERVER` gives an answer that makes no sense: it was asked for byte 8 of 20 and on, and sends ``"]).await;
    fails(8, |_, _| Reply::new(416, ""), expect!["cannot fetch blob `BLOB` of `lib/thing` from `SERVER`: received unexpected HTTP status: 416 Range Not Satisfiable"]).await;
}

#[tokio::test]
async fn a_blob_of_another_size_is_refused() {
    fails(
        0,
        |_, _| Reply::new(200, [BLOB, b"x"].concat()),
        expect!["cannot fetch blob `BLOB` of `lib/thing` from `SERVER`: the blob has 21 bytes instead of 20"],
    )
    .await;
    fails(
        0,
        |_, _| Reply::with(200, Body::Chunked([BLOB, b"x"].concat())),
        expect!["cannot fetch blob `BLOB` of `lib/thing` from `SERVER`: the blob has 21 bytes instead of 20"],
    )
    .await;
    fails(
        0,
        |_, _| Reply::with(200, Body::Endless),
        expect!["cannot fetch blob `BLOB` of `lib/thing` from `SERVER`: the blob has 21 bytes instead of 20"],
    )
    .await;
    fails(
        0,
        |_, _| Reply::new(200, &BLOB[1..]),
        expect!["cannot fetch blob `BLOB` of `lib/thing` from `SERVER`: the blob has 19 bytes instead of 20"],
    )
    .await;
    fails(0, |_, _| Reply::with(200, Body::Chunked(BLOB[1..].to_vec())), expect!["cannot fetch blob `BLOB` of `lib/thing` from `SERVER`: the answer of `SERVER` ends after 19 bytes"]).await;
}

#[tokio::test]
async fn a_registry_that_falls_silent_or_drips_is_given_up() {
    let hasty = Timeouts { stall: Duration::from_millis(300), ..Timeouts::default() };
    for body in [Body::Silence(20, BLOB[..3].to_vec()), Body::Drip(20, Duration::from_millis(100))] {
        let server = Server::start(move |_, _| Reply::with(200, body.clone())).await;
        let repository = repository_with(&server, Configuration { timeouts: hasty, ..configuration() });
        let error = read_from(&repository, 0).await.unwrap_err();
        expect!["cannot fetch blob `BLOB` of `lib/thing` from `SERVER`: `SERVER` is silent or too slow: waited 300ms"].assert_eq(&text(&error, &server));
    }
}

#[tokio::test]
async fn a_packed_body_is_refused() {
    fails(0, |_, _| Reply::new(200, BLOB).header("Content-Encoding", "gzip"), expect!["cannot fetch blob `BLOB` of `lib/thing` from `SERVER`: `SERVER` gives an answer that makes no sense: the body has the encoding `gzip`"]).await;
}
