//! Lists the tags of a repository.
//! Mirrors are not asked: they know what somebody wanted before, not what there is.

use crate::answer::tags;
use crate::asked::Action;
use crate::error::Error;
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
        self.all_tags().await.map_err(|failure| self.asked(Action::ListTags).failed(failure))
    }

    async fn all_tags(&self) -> Result<Vec<String>, Failure> {
        let exchange = self.home();
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
