//! Reads a file at a URL that a user typed, as a stream of chunks: an archive to import.
//! It is asked for once: nothing says that another answer would go on where the first one broke.

use bytes::Bytes;
use http::StatusCode;
use reqwest::Url;

use crate::answer::redirect::admit;
use crate::asked::{Action, Asked};
use crate::authentication::Scopes;
use crate::client::Client;
use crate::error::Error;
use crate::failure::Failure;
use crate::incoming::Answer;
use crate::request::Request;

/// A file on its way.
#[derive(Debug)]
pub struct FileStream {
    asked: Asked,
    answer: Answer,
}

impl Client {
    /// Begins to fetch the file at `url`, with the same certificates and proxies as for registries and without credentials.
    ///
    /// # Errors
    /// [`Error::Setting`] for what is no URL of HTTP or HTTPS, or names a user; [`Error::Asked`] for what goes wrong on the way.
    pub async fn file(&self, url: &str) -> Result<FileStream, Error> {
        let refused = |source| Error::Setting { role: "a URL", value: url.to_owned(), source };
        let typed = Url::parse(url).map_err(|error| refused(error.into()))?;
        let typed = admit(typed, true).map_err(|reason| refused(reason.into()))?;
        let registry = typed.host_str().unwrap_or_default().to_owned();
        let asked = Asked { action: Action::FetchFile(url.to_owned()), repository: String::new(), registry };
        match self.begin(typed).await {
            Ok(answer) => Ok(FileStream { asked, answer }),
            Err(failure) => Err(asked.failed(failure)),
        }
    }

    async fn begin(&self, url: Url) -> Result<Answer, Failure> {
        let request = Request::get(url, &Scopes::none());
        let answer = self.shared.follow(&request, None).await?.expect(&[StatusCode::OK]).await?;
        answer.check_encoding()?;
        Ok(answer)
    }
}

impl FileStream {
    /// The bytes that came next; nothing at the end.
    ///
    /// # Errors
    /// [`Error::Asked`] when the rest does not come.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        self.answer.chunk().await.map_err(|failure| self.asked.failed(failure))
    }
}
