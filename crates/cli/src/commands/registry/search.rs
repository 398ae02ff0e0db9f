//! `search`: looks for repositories in a registry.

use std::collections::BTreeMap;

use corten_api_types::image::SearchResult;

use crate::commands::container::ps::filters;
use crate::docker_config::{self, DOCKER_HUB};
use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::output::{Row, Table, ellipsis, labelled_row};
use crate::session::Session;
use crate::template::Headers;

const TABLE: &str = r"table {{.Name}}\t{{.Description}}\t{{.StarCount}}\t{{.IsOfficial}}";

const HEADERS: Headers =
    &[("Name", "NAME"), ("Description", "DESCRIPTION"), ("StarCount", "STARS"), ("IsOfficial", "OFFICIAL")];

/// Columns of a description.
const WIDTH: usize = 45;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let term = &parsed.arguments[0];
    let filters = filters(parsed.list("filter"));
    if filters.contains("is-automated") {
        session.complain(
            "WARNING: the \"is-automated\" filter is deprecated, and searching for \"is-automated=true\" will not yield any results in future.",
        );
    }
    let limit = parsed.integer("limit");
    let limit = u32::try_from(limit).map_err(|_| Failure::new(format!("invalid limit {limit}")))?;
    // Where there are none, most registries let anybody search.
    let auth = docker_config::kept(&session, registry(term)).unwrap_or_default();
    let found = session.client.image_search(term, limit, &filters, &auth).await?;
    let format = match parsed.text("format") {
        "" | "table" => TABLE,
        format => format,
    };
    let is_json = matches!(format, "json" | "{{json .}}");
    let table = Table { format: format.to_owned(), headers: HEADERS };
    let rows = found.iter().map(|one| row(one, !parsed.is_on("no-trunc"), is_json));
    session.print(&table.render(rows).map_err(Failure::new)?)
}

/// The registry that a term begins with; Docker Hub where it begins with none.
fn registry(term: &str) -> &str {
    match term.split_once('/') {
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => match first {
            "docker.io" | "index.docker.io" => DOCKER_HUB,
            first => first,
        },
        _ => DOCKER_HUB,
    }
}

fn row(found: &SearchResult, is_short: bool, is_json: bool) -> Row {
    let description = found.description.replace(['\n', '\r'], " ");
    let description = if is_short { ellipsis(&description, WIDTH) } else { description };
    let is_official = match (found.is_official, is_json) {
        (true, true) => "true",
        (false, true) => "false",
        (true, false) => "[OK]",
        (false, false) => "",
    };
    let fields = [
        ("Name", found.name.clone()),
        ("Description", description),
        ("StarCount", found.star_count.to_string()),
        ("IsOfficial", is_official.to_owned()),
    ];
    let mut row = labelled_row(fields, &BTreeMap::new());
    row.remove("Labels");
    row.remove("Label");
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found() -> SearchResult {
        SearchResult {
            name: "a/b".to_owned(),
            description: "one\nline that is a good deal longer than the column".to_owned(),
            star_count: 7,
            is_official: true,
            ..SearchResult::default()
        }
    }

    fn render(format: &str, is_json: bool) -> String {
        let table = Table { format: format.to_owned(), headers: HEADERS };
        table.render([row(&found(), true, is_json)]).unwrap()
    }

    #[test]
    fn the_table_is_dockers() {
        expect_test::expect![[r#"
            NAME      DESCRIPTION                                     STARS     OFFICIAL
            a/b       one line that is a good deal longer than the…   7         [OK]
        "#]]
        .assert_eq(&render(TABLE, false));
        assert!(render("json", true).contains(r#""IsOfficial":"true""#), "{}", render("json", true));
    }

    #[test]
    fn credentials_are_those_of_the_registry_that_is_searched() {
        assert_eq!(registry("redis"), DOCKER_HUB);
        assert_eq!(registry("somebody/redis"), DOCKER_HUB);
        assert_eq!(registry("quay.io/redis"), "quay.io");
    }
}
