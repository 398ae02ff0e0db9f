//! `events`: prints what happens, as it happens.

use corten_api_client::EventsQuery;
use corten_api_types::event::Message;

use crate::commands::container::ps::filters;
use crate::commands::moment;
use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::output::{rfc3339_nano_fixed, visible_in_line};
use crate::session::Session;
use crate::template::{Document, EVENT, Format};

/// Exit code for a template that cannot be read.
const BAD_TEMPLATE: u8 = 64;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let format = match parsed.text("format") {
        "" => None,
        "json" => Some("{{json .}}"),
        template => Some(template),
    };
    if let Some(format) = format {
        // An event without content finds mistakes before the first event comes.
        render(format, &Message::default())
            .map_err(|why| Failure::with_code(BAD_TEMPLATE, format!("Error parsing format: {why}")))?;
    }
    let query = EventsQuery {
        since: moment::to_api(parsed.text("since"), "")?,
        until: moment::to_api(parsed.text("until"), "")?,
        filters: filters(parsed.list("filter")),
    };
    let mut events = session.client.events(&query).await?;
    while let Some(event) = events.next().await? {
        match format {
            None => session.line(&visible_in_line(&pretty(&event)))?,
            Some(format) => session.line(&render(format, &event).map_err(Failure::new)?)?,
        }
    }
    Ok(())
}

/// Each event has data of its own, so that what was read of earlier ones is forgotten.
fn render(format: &str, event: &Message) -> Result<String, String> {
    let mut document = Document::default();
    let json = serde_json::to_vec(event).map_err(|error| error.to_string())?;
    let data = document.read(&json, EVENT).map_err(|error| error.to_string())?;
    Format::parse(format, &document)?.render(&data)
}

/// `2024-05-06T07:08:09.000000000Z container start ID (image=alpine, name=web)`.
fn pretty(event: &Message) -> String {
    let nanos = if event.time_nano == 0 { event.time.saturating_mul(1_000_000_000) } else { event.time_nano };
    let time = if nanos == 0 { String::new() } else { format!("{} ", rfc3339_nano_fixed(nanos)) };
    let attributes: Vec<String> =
        event.actor.attributes.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let attributes =
        if attributes.is_empty() { String::new() } else { format!(" ({})", attributes.join(", ")) };
    format!("{time}{} {} {}{attributes}", event.kind, event.action, event.actor.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Message {
        serde_json::from_str(
            r#"{"status":"die","id":"abc","Type":"container","Action":"die","Actor":{"ID":"abc",
            "Attributes":{"name":"web","exitCode":"1"}},"scope":"local","time":1,"timeNano":1000000002}"#,
        )
        .unwrap()
    }

    #[test]
    fn an_event_is_a_line() {
        let line = pretty(&event());
        assert!(line.ends_with(" container die abc (exitCode=1, name=web)"), "{line}");
        assert!(line.contains(":01.000000002"), "{line}");
    }

    #[test]
    fn templates_know_gos_names_and_json_has_the_engines() {
        assert_eq!(
            render("{{.ID}} {{.Actor.Attributes.name}} {{.TimeNano}} {{.From}}", &event()).unwrap(),
            "abc web 1000000002 "
        );
        assert!(
            render("{{json .}}", &event())
                .unwrap()
                .starts_with(r#"{"status":"die","id":"abc","Type":"container""#)
        );
        assert_eq!(render("{{.Actor.Attributes.other}}", &event()).unwrap(), "<no value>");
        assert!(render("{{.Nope}}", &Message::default()).is_err());
    }
}
