//! `history`: shows how an image was made.

use std::sync::Arc;

use corten_api_types::image::HistoryItem;
use corten_spec::size::human_size;
use gotmpl::Value;

use crate::commands::platform;
use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::output::{Row, Table, ago, ellipsis, local_rfc3339, short_id};
use crate::session::Session;
use crate::template::Headers;

const HEADERS: Headers = &[
    ("ID", "IMAGE"),
    ("CreatedSince", "CREATED"),
    ("CreatedAt", "CREATED AT"),
    ("CreatedBy", "CREATED BY"),
    ("Size", "SIZE"),
    ("Comment", "COMMENT"),
];

/// 2000-01-01: builds that are reproducible carry no real time, but one before this.
const NO_TIME: i64 = 946_684_800;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let (human, shorten) = (parsed.is_on("human"), !parsed.is_on("no-trunc"));
    let platform = platform::to_json(parsed.text("platform"))?;
    let history = session.client.image_history(&parsed.arguments[0], &platform).await?;
    let format = choose_format(parsed.text("format"), parsed.is_on("quiet"), human);
    let table = Table { format, headers: HEADERS };
    let text = table.render(history.iter().map(|item| row(item, human, shorten)));
    session.print(&text.map_err(Failure::new)?)
}

fn choose_format(format: &str, quiet: bool, human: bool) -> String {
    match format {
        "" | "table" if quiet => "{{.ID}}".to_owned(),
        "" | "table" => {
            let created = if human { "CreatedSince" } else { "CreatedAt" };
            format!(
                "table {{{{.ID}}}}\\t{{{{.{created}}}}}\\t{{{{.CreatedBy}}}}\\t{{{{.Size}}}}\\t{{{{.Comment}}}}"
            )
        }
        format => format.to_owned(),
    }
}

fn row(item: &HistoryItem, human: bool, shorten: bool) -> Row {
    let created_by = item.created_by.replace('\t', " ");
    let created_at = local_rfc3339(item.created);
    let since = match human {
        false => created_at.clone(),
        true if item.created <= NO_TIME => "N/A".to_owned(),
        true => ago(item.created),
    };
    let size = u64::try_from(item.size).unwrap_or(0);
    let fields = [
        ("ID", if shorten { short_id(&item.id).to_owned() } else { item.id.clone() }),
        ("CreatedSince", since),
        ("CreatedAt", created_at),
        ("CreatedBy", if shorten { ellipsis(&created_by, 45) } else { created_by }),
        ("Size", if human { human_size(size) } else { size.to_string() }),
        ("Comment", item.comment.clone()),
    ];
    fields.into_iter().map(|(name, text)| (Arc::from(name), Value::String(Arc::from(text)))).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn times_without_meaning_are_not_shown() {
        let item = HistoryItem {
            id: "<missing>".to_owned(),
            created_by: "RUN\tx".to_owned(),
            size: 1500,
            ..HistoryItem::default()
        };
        let table = Table { format: choose_format("", false, true), headers: HEADERS };
        expect![[r#"
            IMAGE       CREATED   CREATED BY   SIZE      COMMENT
            <missing>   N/A       RUN x        1.5kB     
        "#]]
        .assert_eq(&table.render([row(&item, true, true)]).unwrap());
        let table = Table { format: "{{.CreatedAt}} {{.Size}}".to_owned(), headers: HEADERS };
        assert_eq!(table.render([row(&item, false, true)]).unwrap(), "1970-01-01T00:00:00Z 1500\n");
    }
}
