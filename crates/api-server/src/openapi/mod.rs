//! `GET /corten/openapi.json`: what is served, as an OpenAPI 3.1 document, from the table of operations and the types of the API.
//!
//! It is made when somebody asks for it. What the table does not say of an operation is not in it.

pub(crate) mod contract;
mod document;
mod schemas;

use crate::respond::{self, Answer};
use crate::route::ROUTES;

/// The document.
pub(crate) fn openapi() -> Answer {
    respond::json(&document::document(ROUTES))
}
