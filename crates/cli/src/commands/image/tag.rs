//! `tag`: gives an image another name.

use corten_spec::reference::Reference;

use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let [source, target] = parsed.arguments.as_slice() else {
        unreachable!("the command takes two arguments")
    };
    let refused = |name: &str, why: &dyn std::fmt::Display| {
        Failure::new(format!("Error parsing reference: {name:?} is not a valid repository/tag: {why}"))
    };
    let target_reference = Reference::parse(target).map_err(|error| refused(target, &error))?;
    if target_reference.digest().is_some() {
        return Err(Failure::new("refusing to create a tag with a digest reference"));
    }
    let target_reference = target_reference.with_default_tag();
    let tag = target_reference.tag().unwrap_or_default();
    Ok(session.client.image_tag(source, &target_reference.familiar_name(), tag).await?)
}
