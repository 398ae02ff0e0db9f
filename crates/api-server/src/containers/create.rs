//! `POST /containers/create`.

use corten_api_types::container::{CreateRequest as ApiCreateRequest, CreateResponse};
use corten_engine::Engine;
use corten_engine::containers::CreateRequest;
use http::StatusCode;

use super::request_config::translate;
use crate::failure::Failure;
use crate::images::platform;
use crate::request::Request;
use crate::respond::{self, Answer};

pub(crate) async fn create(engine: &Engine, request: Request) -> Answer {
    let name = request.query.text("name").to_owned();
    let platform = platform(request.query.text("platform"))?;
    let asked: ApiCreateRequest = request.json().await?;
    if asked.config.image.is_empty() {
        return Err(Failure::invalid("no image specified"));
    }
    let config = translate(asked)?;
    let name = (!name.is_empty()).then_some(name);
    let created = engine.containers.create(CreateRequest { name, platform, config }).await?;
    respond::json_with(
        StatusCode::CREATED,
        &CreateResponse { id: created.id.to_string(), warnings: created.warnings },
    )
}
