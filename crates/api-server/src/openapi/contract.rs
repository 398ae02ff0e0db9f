//! What an operation takes and answers, as its line in the table says it. Data; what is made of it is [`super::document`]'s.

use schemars::{JsonSchema, Schema};
use serde::de::DeserializeOwned;

use super::schemas::Schemas;
use Body::{Bytes, Documents, Json, Nothing};

/// What the connection of a container or session carries: without frames, or in them.
pub(crate) const STREAMS: &[&str] =
    &[corten_api_types::MEDIA_TYPE_RAW_STREAM, corten_api_types::MEDIA_TYPE_MULTIPLEXED_STREAM];

/// What an operation takes and answers. A failure is answered with an `ErrorResponse` by all of them.
pub(crate) struct Contract {
    pub(super) query: &'static [Parameter],
    pub(super) request: Body,
    /// Whether there has to be a request.
    pub(super) requires_request: bool,
    /// Statuses of success, with what is answered.
    pub(super) answers: [Option<(u16, Body)>; 2],
}

/// What a request or an answer holds.
#[derive(Clone, Copy)]
pub(crate) enum Body {
    Nothing,
    Json(SchemaOf),
    /// Documents of one shape, one after the other.
    Documents(SchemaOf),
    /// Anything of these media types.
    Bytes(&'static [&'static str]),
}

/// Says what a document looks like.
pub(super) type SchemaOf = fn(&mut Schemas) -> Schema;

/// A parameter of the query, by its name.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Parameter {
    /// True or false.
    Flag(&'static str),
    /// A whole number.
    Number(&'static str),
    Text(&'static str),
    /// A text without which nothing can be done.
    Required(&'static str),
    /// Any number of texts, each with the name before it.
    Texts(&'static str),
    /// One of these words.
    Word(&'static str, &'static [&'static str]),
    /// A moment.
    Moment(&'static str),
    /// `filters`.
    Filters,
}

/// A document.
pub(crate) const fn json<T: JsonSchema>() -> Contract {
    answer(200, Json(Schemas::answer::<T>))
}

/// Documents, one after the other, while there are more.
pub(crate) const fn documents<T: JsonSchema>() -> Contract {
    answer(200, Documents(Schemas::answer::<T>))
}

/// Bytes of one media type.
pub(crate) const fn bytes(media_types: &'static [&'static str]) -> Contract {
    answer(200, Bytes(media_types))
}

/// A status alone.
pub(crate) const fn status(status: u16) -> Contract {
    answer(status, Nothing)
}

/// The connection becomes the streams of a process: after `101` for clients that ask for that, after a bare `200` for others.
pub(crate) const fn streams() -> Contract {
    answer(200, Bytes(STREAMS)).or(101, Bytes(STREAMS))
}

/// A failure, whoever asks.
pub(crate) const fn refusal() -> Contract {
    Contract { query: &[], request: Nothing, requires_request: false, answers: [None, None] }
}

const fn answer(status: u16, body: Body) -> Contract {
    Contract { answers: [Some((status, body)), None], ..refusal() }
}

impl Contract {
    /// Another status of success.
    pub(crate) const fn or(self, status: u16, body: Body) -> Self {
        Self { answers: [self.answers[0], Some((status, body))], ..self }
    }

    /// The status is that of something new.
    pub(crate) const fn created(self) -> Self {
        match self.answers[0] {
            Some((_, body)) => Self { answers: [Some((201, body)), self.answers[1]], ..self },
            None => self,
        }
    }

    /// The request is a document.
    pub(crate) const fn takes<T: JsonSchema + DeserializeOwned>(self) -> Self {
        Self { request: Json(Schemas::request::<T>), requires_request: true, ..self }
    }

    /// The request is a document, or nothing.
    pub(crate) const fn may_take<T: JsonSchema + DeserializeOwned>(self) -> Self {
        Self { requires_request: false, ..self.takes::<T>() }
    }

    /// The request is an archive.
    pub(crate) const fn takes_archive(self) -> Self {
        Self { request: Bytes(&["application/x-tar"]), requires_request: true, ..self }
    }

    /// The request may be an archive.
    pub(crate) const fn may_take_archive(self) -> Self {
        Self { requires_request: false, ..self.takes_archive() }
    }

    /// The query may have these.
    pub(crate) const fn query(self, query: &'static [Parameter]) -> Self {
        Self { query, ..self }
    }
}

impl Parameter {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Flag(name)
            | Self::Number(name)
            | Self::Text(name)
            | Self::Required(name)
            | Self::Texts(name)
            | Self::Word(name, _)
            | Self::Moment(name) => name,
            Self::Filters => "filters",
        }
    }
}
