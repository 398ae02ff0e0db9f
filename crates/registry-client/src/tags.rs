//! Lists the tags of a repository.
//! Mirrors are asked only where the registry cannot be: they know what somebody wanted before, not what there is.

use crate::answer::tags;
use crate::asked::Action;
use crate::error::Error;
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::pages::Pages;
use crate::repository::Repository;
use crate::request::Request;

/// How many tags to ask for at once; a registry may give fewer.
const PAGE: usize = 1000;
/// The most tags that are taken.
const MOST: usize = 100_000;

impl Repository {
    /// All tags, in the registry's order.
    ///
    /// # Errors
    /// [`Error::Asked`]: with [`Failure::Refused`] when the registry said no, [`Failure::Tags`] for what is no list of tags,
    /// [`Failure::Protocol`] for a list without an end, and what goes wrong on the way.
    pub async fn tags(&self) -> Result<Vec<String>, Error> {
        match self.tags_from(self.home()).await {
            Err(failure) if failure.is_unreachable() => match self.tags_of_mirrors().await {
                Some(tags) => Ok(tags),
                None => Err(self.asked(Action::ListTags).failed(failure)),
            },
            answered => answered.map_err(|failure| self.asked(Action::ListTags).failed(failure)),
        }
    }

    /// What the first mirror that knows the repository has of it.
    async fn tags_of_mirrors(&self) -> Option<Vec<String>> {
        let mut reader = self.reader_from(0);
        while !self.is_home(reader) {
            if let Ok(tags) = self.tags_from(self.reader(reader)).await {
                return Some(tags);
            }
            reader = self.reader_from(reader + 1);
        }
        None
    }

    async fn tags_from(&self, exchange: Exchange<'_>) -> Result<Vec<String>, Failure> {
        let url = exchange.url(&format!("{}/tags/list?n={PAGE}", self.path())).await?;
        let mut pages = Pages::new(exchange, Request::get(url, &self.pull()));
        let mut all = Vec::new();
        while let Some(page) = pages.next().await? {
            all.extend(tags::parse(&page)?);
            if all.len() > MOST {
                let what = format!("it has more than {MOST} tags");
                return Err(Failure::protocol(&exchange.endpoint.host, what));
            }
        }
        Ok(all)
    }
}
