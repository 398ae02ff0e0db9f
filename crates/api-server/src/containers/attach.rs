//! `POST /containers/{id}/attach`: the client's connection becomes the container's streams.

use corten_engine::Engine;
use corten_engine::containers::AttachRequest;
use corten_spec::detach_keys::{DetachKeys, Detacher};

use crate::failure::Failure;
use crate::hijack::{self, Detach};
use crate::request::Request;
use crate::respond::Answer;

pub(crate) async fn attach(engine: &Engine, id: &str, mut request: Request) -> Answer {
    let client = request.client();
    let query = &request.query;
    if query.flag("logs") {
        return Err(Failure::not_implemented("attaching with `logs` is not built yet"));
    }
    let keys = query.text("detachKeys");
    let keys: DetachKeys =
        keys.parse().map_err(|_| Failure::invalid(format!("Invalid detach keys ({keys}) provided")))?;
    let asked = AttachRequest {
        stdin: query.flag("stream") && query.flag("stdin"),
        stdout: query.flag("stream") && query.flag("stdout"),
        stderr: query.flag("stream") && query.flag("stderr"),
    };
    let attached = engine.containers.attach(id, asked).await?;
    let (containers, name) = (engine.containers.clone(), id.to_owned());
    // Only at a terminal are keys typed; elsewhere every byte is the program's.
    let detach = attached.tty.then(|| Detach {
        keys: Detacher::new(keys),
        then: Box::pin(async move { containers.detached(&name).await }),
    });
    hijack::hand_over(client, attached.stream, attached.tty, detach, std::future::ready(())).await
}
