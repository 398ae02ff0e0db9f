//! What every `inspect` has in common: several objects as one JSON list, or each through a template.

use bytes::Bytes;
use corten_api_client::Error;

use crate::failure::{Failure, Outcome, describe};
use crate::flags::Parsed;
use crate::session::Session;
use crate::surroundings::Surroundings;
use crate::template::{Document, Format, Shape, compact, indent};

/// Exit code for a template that cannot be read.
const BAD_TEMPLATE: u8 = 64;

/// Prints each of the arguments as `find` has it.
pub(crate) async fn inspect_each(
    session: &Session,
    parsed: &Parsed,
    find: impl AsyncFn(&str) -> Result<Inspected, Error>,
) -> Outcome {
    let mut inspector = Inspector::new(parsed.text("format"))?;
    for name in &parsed.arguments {
        inspector.add(find(name).await);
    }
    inspector.finish(session)
}

/// An object as the engine tells of it.
pub(crate) struct Inspected {
    pub(crate) json: Bytes,
    pub(crate) shape: Shape,
}

enum Style {
    Indented,
    Compact,
    Template(Box<Format>, Document),
}

/// Collects objects and prints them together.
pub(crate) struct Inspector {
    style: Style,
    texts: Vec<String>,
    failures: Vec<String>,
}

impl Inspector {
    /// Reads the format: empty for indented JSON, `json`, or a template.
    pub(crate) fn new(format: &str) -> Outcome<Self> {
        let style = match format {
            "" => Style::Indented,
            "json" => Style::Compact,
            template => {
                let document = Document::default();
                let format = Format::parse(template, &document).map_err(|why| {
                    Failure::with_code(BAD_TEMPLATE, format!("template parsing error: {why}"))
                })?;
                Style::Template(Box::new(format), document)
            }
        };
        Ok(Self { style, texts: Vec::new(), failures: Vec::new() })
    }

    /// Takes an object, or why there is none.
    pub(crate) fn add(&mut self, found: Result<Inspected, Error>) {
        match found {
            Ok(inspected) => self.add_object(&inspected),
            Err(error) => self.failures.push(describe(&error)),
        }
    }

    /// Takes the reason why there is no object.
    pub(crate) fn fail(&mut self, why: String) {
        self.failures.push(why);
    }

    /// Takes an object.
    pub(crate) fn add_object(&mut self, inspected: &Inspected) {
        match &mut self.style {
            Style::Indented | Style::Compact => {
                self.texts.push(String::from_utf8_lossy(&inspected.json).into_owned());
            }
            Style::Template(format, document) => {
                let data = document.read(&inspected.json, inspected.shape).map_err(|error| error.to_string());
                match data.and_then(|data| format.render(&data)) {
                    Ok(text) => self.texts.push(text),
                    Err(why) => self.failures.push(format!("template parsing error: {why}")),
                }
            }
        }
    }

    /// Prints what was found, then fails if something was not.
    pub(crate) fn finish(self, around: &Surroundings) -> Outcome {
        let list = || format!("[{}]", self.texts.join(","));
        let text = match &self.style {
            Style::Indented => indent(&list()),
            Style::Compact => compact(&list()),
            Style::Template(..) => self.texts.join("\n"),
        };
        around.line(&text)?;
        Failure::join(&self.failures)
    }
}
