//! `create`: makes a container without starting it.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use corten_api_types::container::CreateRequest;
use corten_spec::reference::Reference;

use super::api_socket::Handover;
use crate::attached::console_size;
use crate::commands::image::pull::pull;
use crate::create::build;
use crate::failure::{Failure, Outcome, describe, go_text};
use crate::flags::Parsed;
use crate::output::Sink;
use crate::session::Session;

/// Exit code when the engine, and not the container, is what failed.
pub(super) const ENGINE_FAILED: u8 = 125;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let mut request = request(&session, &parsed, "create")?;
    let id = create(&session, &parsed, &mut request).await?;
    session.line(&id)
}

/// The request that the flags describe; what does not fit together is refused with a pointer to the help.
pub(super) fn request(session: &Session, parsed: &Parsed, command: &str) -> Outcome<CreateRequest> {
    let refused = |why: String| Failure::with_code(ENGINE_FAILED, with_help(session, &why, command));
    let pull = parsed.text("pull");
    if !matches!(pull, "always" | "missing" | "never" | "") {
        return Err(refused(format!(
            "invalid pull option: '{pull}': must be one of \"always\", \"missing\" or \"never\""
        )));
    }
    build(parsed, &|name| session.variable(name), console_size()).map_err(refused)
}

/// Docker's frame around the failures of `run` and `create`.
pub(super) fn with_help(session: &Session, why: &str, command: &str) -> String {
    let program = &session.program;
    format!("{program}: {why}\n\nRun '{program} {command} --help' for more information")
}

/// Creates the container and returns its id, which also goes into the file of `--cidfile`.
pub(super) async fn create(
    session: &Session,
    parsed: &Parsed,
    request: &mut CreateRequest,
) -> Outcome<String> {
    let reference = reference(&request.config.image)?;
    let mut id_file = IdFile::open(parsed.text("cidfile"))?;
    let handover = if parsed.is_on("use-api-socket") { Handover::prepare(session, request)? } else { None };
    let wanted = parsed.text("pull");
    if let ("always", Some(reference)) = (wanted, &reference) {
        pull_for(session, parsed, reference).await?;
    }
    let (name, platform) = (parsed.text("name"), parsed.text("platform"));
    let created = match (session.client.container_create(name, platform, request).await, &reference) {
        (Err(error), Some(reference)) if is_missing_image(&error) && matches!(wanted, "missing" | "") => {
            if !parsed.is_on("quiet") {
                let name = reference.clone().with_default_tag().familiar();
                session.complain(&format!("Unable to find image '{name}' locally"));
            }
            pull_for(session, parsed, reference).await?;
            session.client.container_create(name, platform, request).await
        }
        (created, _) => created,
    };
    let created = created.map_err(|error| Failure::new(describe(&error)))?;
    for warning in &created.warnings {
        session.complain(&format!("WARNING: {warning}"));
    }
    if let Some(handover) = handover {
        handover.complete(session, &created.id).await?;
    }
    id_file.write(&created.id)?;
    Ok(created.id)
}

/// Pulls the image of a container to be; how that goes is not the command's output.
async fn pull_for(session: &Session, parsed: &Parsed, reference: &Reference) -> Outcome {
    let sink = if parsed.is_on("quiet") { Sink::Nowhere } else { Sink::Stderr };
    pull(session, &reference.clone().with_default_tag(), parsed.text("platform"), sink).await
}

/// The image as a name; `None` for an id. Docker's text refuses what is neither.
fn reference(image: &str) -> Outcome<Option<Reference>> {
    let digits = image.strip_prefix("sha256:").unwrap_or(image);
    if digits.len() == 64 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return Ok(None);
    }
    Reference::parse(image).map(Some).map_err(|error| Failure::new(error.to_string()))
}

fn is_missing_image(error: &corten_api_client::Error) -> bool {
    let says_so = |message: &str| {
        message.to_lowercase().starts_with("no such image") || message.starts_with("image with reference ")
    };
    matches!(error, corten_api_client::Error::Server { message, .. } if error.is_not_found() && says_so(message))
}

/// The file of `--cidfile`: it must be new, and is taken away again if no id was written.
struct IdFile {
    file: Option<(File, String)>,
}

impl IdFile {
    fn open(path: &str) -> Outcome<Self> {
        if path.is_empty() {
            return Ok(Self { file: None });
        }
        if Path::new(path).exists() {
            return Err(Failure::new(format!(
                "container ID file found, make sure the other container isn't running or delete {path}"
            )));
        }
        let file = File::create_new(path).map_err(|error| {
            Failure::new(format!("failed to create the container ID file: {}", go_text("open", path, &error)))
        })?;
        Ok(Self { file: Some((file, path.to_owned())) })
    }

    fn write(&mut self, id: &str) -> Outcome {
        let Some((file, path)) = &mut self.file else { return Ok(()) };
        file.write_all(id.as_bytes()).map_err(|error| {
            Failure::new(format!(
                "failed to write the container ID to the file: {}",
                go_text("write", path, &error)
            ))
        })?;
        self.file = None;
        Ok(())
    }
}

impl Drop for IdFile {
    fn drop(&mut self) {
        if let Some((_, path)) = &self.file {
            // It is ours and empty; that it cannot be removed changes nothing.
            drop(fs::remove_file(path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_not_names() {
        assert!(reference(&"0".repeat(64)).unwrap().is_none());
        assert!(reference(&format!("sha256:{}", "a".repeat(64))).unwrap().is_none());
        assert_eq!(reference("alpine").unwrap().unwrap().familiar_name(), "alpine");
        assert_eq!(reference("A:b:c").unwrap_err().code, 1);
    }

    #[test]
    fn an_id_file_without_an_id_goes_away() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("id").display().to_string();
        drop(IdFile::open(&path).unwrap());
        assert!(!Path::new(&path).exists());
        IdFile::open(&path).unwrap().write("abc").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "abc");
        assert!(
            IdFile::open(&path).is_err_and(|failure| failure.message.starts_with("container ID file found"))
        );
    }
}
