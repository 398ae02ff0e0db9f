//! Lists that a registry gives page by page.
//! What stands on a page is its caller's.

use std::collections::HashSet;

use bytes::Bytes;
use http::header::LINK;
use reqwest::Url;

use crate::answer::link;
use crate::answer::redirect::{same_origin, target};
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::incoming::Answer;
use crate::request::Request;

/// The largest page that is read.
const LARGEST: u64 = 4 * 1024 * 1024;
/// The most pages of one list.
const MOST: usize = 1000;

/// A list that is being read.
#[derive(Debug)]
pub(crate) struct Pages<'a> {
    exchange: Exchange<'a>,
    next: Option<Request>,
    seen: HashSet<Url>,
}

impl<'a> Pages<'a> {
    /// The list whose first page is at `first`.
    pub(crate) fn new(exchange: Exchange<'a>, first: Request) -> Self {
        Self { exchange, seen: HashSet::new(), next: Some(first) }
    }

    /// The next page, or nothing after the last.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        let Some(request) = self.next.take() else { return Ok(None) };
        let (answer, bytes) = self.exchange.fetch(&request, LARGEST).await?;
        if let Some(url) = self.following(&request, &answer)? {
            self.next = Some(Request { url, ..request.clone() });
        }
        self.seen.insert(request.url);
        Ok(Some(bytes))
    }

    /// The URL of the page after `answer`'s: at the same registry, and one that was not seen yet.
    fn following(&self, request: &Request, answer: &Answer) -> Result<Option<Url>, Failure> {
        let Some(link) = answer.header(&LINK).and_then(link::next) else { return Ok(None) };
        let host = answer.host();
        let url = target(&request.url, link, |_| false).ok().filter(|url| same_origin(&request.url, url));
        let url = url.ok_or_else(|| Failure::protocol(host, "its list goes on somewhere else"))?;
        if url == request.url || self.seen.contains(&url) {
            return Err(Failure::protocol(host, "its list goes round in circles"));
        }
        if self.seen.len() + 1 >= MOST {
            return Err(Failure::protocol(host, format!("its list has more than {MOST} pages")));
        }
        Ok(Some(url))
    }
}
