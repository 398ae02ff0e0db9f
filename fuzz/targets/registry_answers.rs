//! What registries and token servers say: read or refused, and never more than was promised of it.
#![no_main]

use std::time::{Duration, UNIX_EPOCH};

use corten_registry_client::answer::challenge::{self, Challenge};
use corten_registry_client::answer::content_range::{self, parse_received};
use corten_registry_client::answer::refusal::Refusal;
use corten_registry_client::answer::{document, link, redirect, retry_after, tags, text, token};
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|bytes: &[u8]| {
    bodies(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    headers(text);
    challenges(text);
});

fn bodies(bytes: &[u8]) {
    if let Ok(token) = token::parse(bytes) {
        assert!(token.value.bytes().all(|byte| byte.is_ascii_graphic()));
        assert!((60..=86_400).contains(&token.lifetime.as_secs()));
    }
    for tag in tags::parse(bytes).unwrap_or_default() {
        assert!((1..=128).contains(&tag.len()) && !tag.starts_with(['.', '-']));
    }
    let refusal = Refusal::read(http::StatusCode::NOT_FOUND, &[], bytes);
    assert!(!refusal.to_string().contains(char::is_control));
    // Whoever believes the header must not believe anything else than who believes the document.
    if let Ok(own) = document::media_type(None, bytes) {
        let index = "application/vnd.oci.image.index.v1+json";
        assert!(own == index || document::media_type(Some(index), bytes).is_err());
    }
}

fn headers(text: &str) {
    if let Some(part) = content_range::parse(text) {
        assert!(part.first <= part.last);
        assert!(!part.continues(part.first, part.last), "the last byte lies within");
    }
    let _ = parse_received(text);
    let _ = link::next(text);
    let _ = retry_after::parse(text, UNIX_EPOCH + Duration::from_secs(1_700_000_000));
    let plain = text::plain(text, 20);
    assert!(plain.chars().count() <= 21 && !plain.contains(char::is_control));
    let from = Url::parse("https://registry.example/v2/").expect("a URL");
    if let Ok(url) = redirect::target(&from, text, |_| false) {
        assert!(url.scheme() == "https" && url.username().is_empty() && url.password().is_none());
    }
}

/// What was read means the same when it is written and read again.
fn challenges(text: &str) {
    let Ok(challenges) = challenge::parse(text) else { return };
    let written = challenges.iter().map(write).collect::<Vec<_>>().join(", ");
    match challenge::parse(&written) {
        Ok(again) => assert_eq!(again, challenges),
        Err(error) => assert_eq!(error, challenge::ChallengeError::TooLong),
    }
}

fn write(challenge: &Challenge) -> String {
    let escape = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"");
    let parameters = challenge.parameters.iter().map(|(name, value)| format!("{name}=\"{}\"", escape(value)));
    format!("{} {}", challenge.scheme, parameters.collect::<Vec<_>>().join(", ")).trim_end().to_owned()
}
