//! `POST /containers/create`.

use corten_api_types::container::{CreateRequest as ApiCreateRequest, CreateResponse};
use corten_api_types::v1;
use corten_engine::Engine;
use corten_engine::containers::CreateRequest;
use http::StatusCode;

use super::client_version;
use super::request_config::translate;
use crate::failure::Failure;
use crate::images::platform;
use crate::request::Request;
use crate::respond::{self, Answer};

pub(crate) async fn create(engine: &Engine, request: Request) -> Answer {
    let name = request.query.text("name").to_owned();
    let platform = platform(request.query.since(v1(41)).text("platform"))?;
    let version = request.query.version;
    let mut asked: ApiCreateRequest = request.json().await?;
    let older = client_version::translate(&mut asked, version)?;
    if asked.config.image.is_empty() {
        return Err(Failure::invalid("no image specified"));
    }
    let links = asked.host_config.as_ref().and_then(|host| host.links.clone()).unwrap_or_default();
    let config = translate(asked)?;
    let name = (!name.is_empty()).then_some(name);
    let created = engine.containers.create(CreateRequest { name, platform, links, config }).await?;
    let warnings = created.warnings.into_iter().chain(older).collect();
    respond::json_with(StatusCode::CREATED, &CreateResponse { id: created.id.to_string(), warnings })
}
