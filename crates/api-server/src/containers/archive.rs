//! `/containers/{id}/archive`: files of a container, looked at, taken out, put in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use corten_api_types::container::{PATH_STAT_HEADER, PathStat as PathStatDocument};
use corten_engine::Engine;
use corten_engine::containers::{ExtractRequest, PathStat};
use http::{HeaderValue, Response, StatusCode};
use tokio::sync::oneshot;

use crate::body::AnswerBody;
use crate::failure::Failure;
use crate::query::Query;
use crate::request::Request;
use crate::respond::{self, Answer};
use crate::upload::Upload;

/// `HEAD`: what is there.
pub(crate) async fn stat_path(engine: &Engine, id: &str, query: &Query) -> Answer {
    let stat = engine.containers.stat_path(id, path(query)?).await?;
    with_stat(respond::status(StatusCode::OK)?, &stat)
}

/// `GET`: what is there, as an archive.
pub(crate) async fn archive(engine: &Engine, id: &str, query: &Query, trailers: bool) -> Answer {
    let (id, path) = (id.to_owned(), path(query)?.to_owned());
    let (sender, response) = respond::archive(trailers, "application/x-tar");
    let (found, stat) = oneshot::channel();
    let containers = engine.containers.clone();
    let packing = tokio::spawn(async move {
        let writer = sender.writer();
        let begin = move |stat: PathStat| {
            // Whoever asked may be gone, as the writer will find out.
            let _ = found.send(stat);
            writer
        };
        let packed = containers.archive_path(&id, &path, begin).await;
        if let Err(error) = &packed {
            sender.fail(&Failure::of(error)).await;
        }
        packed
    });
    match stat.await {
        Ok(stat) => with_stat(response, &stat),
        // It has ended before it began.
        Err(_) => match packing.await {
            Ok(Err(error)) => Err(error.into()),
            _ => Err(Failure::internal("a task of the engine was cancelled")),
        },
    }
}

/// `PUT`: the archive is the body.
pub(crate) async fn extract(engine: &Engine, id: &str, request: Request) -> Answer {
    let wanted = ExtractRequest {
        container: id.to_owned(),
        path: path(&request.query)?.to_owned(),
        no_overwrite_dir_non_dir: request.query.flag("noOverwriteDirNonDir"),
        copy_uid_gid: request.query.flag("copyUIDGID"),
    };
    engine.containers.extract(Upload::of(request.inner.into_body()), wanted).await?;
    respond::status(StatusCode::OK)
}

/// The path that is asked for; without one the text is Docker's, its missing blank included.
fn path(query: &Query) -> Result<&str, Failure> {
    match query.text("path") {
        "" => Err(Failure::invalid("bad parameter: pathcannot be empty")),
        path => Ok(path),
    }
}

fn with_stat(mut response: Response<AnswerBody>, stat: &PathStat) -> Answer {
    let document = PathStatDocument {
        name: stat.name.clone(),
        size: stat.size,
        mode: stat.mode,
        mtime: stat.modified.rfc3339_nano(),
        link_target: stat.link_target.clone(),
    };
    let unwritten =
        |error: &dyn std::fmt::Display| Failure::internal(format!("write the path's description: {error}"));
    let text = serde_json::to_vec(&document).map_err(|error| unwritten(&error))?;
    let value = HeaderValue::try_from(STANDARD.encode(text)).map_err(|error| unwritten(&error))?;
    response.headers_mut().insert(PATH_STAT_HEADER, value);
    Ok(response)
}
