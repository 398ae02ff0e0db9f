//! `POST /containers/{id}/attach` and `GET /containers/{id}/attach/ws`: the client's connection becomes the container's streams.

use corten_api_types::v1;
use corten_engine::Engine;
use corten_engine::containers::AttachRequest;

use super::visit::Visit;
use crate::hijack::{self, EndOfInput};
use crate::query::Query;
use crate::request::Request;
use crate::respond::Answer;
use crate::websocket::{self, Messages};

pub(crate) async fn attach(engine: &Engine, id: &str, mut request: Request) -> Answer {
    let client = request.client();
    let visit = Visit::read(engine, id, &request.query, named(&request.query))?;
    let container = visit.look().await?;
    let ready = visit.prepare(&container).await?;
    let carry = |client| visit.carry(client, ready, EndOfInput::LeavesOutput);
    hijack::take_over(client, container.tty, carry).await
}

/// The same in messages of a websocket, which do not tell the streams apart.
pub(crate) async fn attach_websocket(engine: &Engine, id: &str, mut request: Request) -> Answer {
    let version = request.query.version;
    // Before 1.42 everybody got all of them.
    let all = AttachRequest { stdin: true, stdout: true, stderr: true };
    let wants = if version >= v1(42) { named(&request.query) } else { all };
    let visit = Visit::read(engine, id, &request.query, wants)?;
    let container = visit.look().await?;
    let accepted = match websocket::accept(&request.inner) {
        Ok(accepted) => accepted,
        Err(refusal) => return Ok(refusal.answer()),
    };
    let messages = Messages {
        are_binary: version >= v1(28),
        are_framed: !container.tty,
        reach_process: container.takes_input && visit.sends(),
    };
    let ready = visit.prepare(&container).await?;
    request.upgrade().then(move |client| {
        websocket::carry(client, messages, |client| visit.carry(client, ready, EndOfInput::EndsOutput))
    });
    Ok(accepted)
}

/// The streams that the query names.
fn named(query: &Query) -> AttachRequest {
    AttachRequest { stdin: query.flag("stdin"), stdout: query.flag("stdout"), stderr: query.flag("stderr") }
}
