//! `POST /containers/create`.

use corten_api_types::container::{CreateRequest as ApiCreateRequest, CreateResponse};
use corten_engine::Engine;
use corten_engine::containers::CreateRequest;
use http::StatusCode;

use super::request_config::translate;
use crate::failure::Failure;
use crate::request::Request;
use crate::respond::{self, Answer};

pub(crate) async fn create(engine: &Engine, request: Request) -> Answer {
    let name = request.query.text("name").to_owned();
    let platform = request.query.text("platform").to_owned();
    let asked: ApiCreateRequest = request.json().await?;
    if asked.config.image.is_empty() {
        return Err(Failure::invalid("no image specified"));
    }
    refuse_other_platform(&platform)?;
    let config = translate(asked)?;
    let created =
        engine.containers.create(CreateRequest { name: (!name.is_empty()).then_some(name), config }).await?;
    respond::json_with(
        StatusCode::CREATED,
        &CreateResponse { id: created.id.to_string(), warnings: created.warnings },
    )
}

/// An image is kept for one platform, so only the host's can be asked for.
fn refuse_other_platform(text: &str) -> Result<(), Failure> {
    use corten_spec::platform::Platform;
    if text.is_empty() {
        return Ok(());
    }
    let wanted: Platform =
        text.parse().map_err(|error| Failure::invalid(format!("invalid platform `{text}`: {error}")))?;
    let host = Platform::host();
    if (&wanted.os, &wanted.architecture) == (&host.os, &host.architecture) {
        return Ok(());
    }
    Err(Failure::not_implemented(format!("running for platform `{text}` on `{host}` is not built yet")))
}
