//! `commit`: makes an image of what a container has changed.

use corten_api_client::CommitQuery;
use corten_spec::reference::Reference;

use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let (repository, tag) = match parsed.arguments.get(1).map(String::as_str) {
        None | Some("") => (String::new(), String::new()),
        Some(text) => split(text)?,
    };
    let query = CommitQuery {
        container: parsed.arguments[0].clone(),
        repository,
        tag,
        comment: parsed.text("message").to_owned(),
        author: parsed.text("author").to_owned(),
        changes: parsed.list("change").to_vec(),
        pause: parsed.is_on("pause") && !parsed.is_on("no-pause"),
    };
    let response = session.client.container_commit(&query).await?;
    session.line(&response.id)
}

fn split(text: &str) -> Outcome<(String, String)> {
    let reference = Reference::parse(text).map_err(|error| Failure::new(error.to_string()))?;
    if reference.digest().is_some() {
        return Err(Failure::new("refusing to create a tag with a digest reference"));
    }
    let reference = reference.with_default_tag();
    Ok((reference.familiar_name(), reference.tag().unwrap_or_default().to_owned()))
}
