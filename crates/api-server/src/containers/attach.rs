//! `POST /containers/{id}/attach`: the client's connection becomes the container's streams.

use corten_engine::Engine;
use corten_engine::containers::AttachRequest;

use crate::failure::Failure;
use crate::hijack;
use crate::request::Request;
use crate::respond::Answer;

pub(crate) async fn attach(engine: &Engine, id: &str, mut request: Request) -> Answer {
    if !request.wants_upgrade() {
        return Err(Failure::not_implemented("attaching without `Upgrade: tcp` is not built yet"));
    }
    let query = &request.query;
    if query.flag("logs") {
        return Err(Failure::not_implemented("attaching with `logs` is not built yet"));
    }
    let asked = AttachRequest {
        stdin: query.flag("stream") && query.flag("stdin"),
        stdout: query.flag("stream") && query.flag("stdout"),
        stderr: query.flag("stream") && query.flag("stderr"),
    };
    let attached = engine.containers.attach(id, asked).await?;
    hijack::hand_over(hyper::upgrade::on(&mut request.inner), attached.stream, attached.tty)
}
