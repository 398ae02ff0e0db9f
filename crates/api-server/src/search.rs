//! `GET /images/search`.

use corten_api_types::image::SearchResult;
use corten_engine::{Engine, FoundRepository, SearchQuery};

use crate::failure::Failure;
use crate::query::Query;
use crate::registry_auth::credentials;
use crate::request::Request;
use crate::respond::{self, Answer};

const KNOWN: [&str; 3] = ["is-automated", "is-official", "stars"];

pub(crate) async fn search(engine: &Engine, request: Request) -> Answer {
    let asked = query(&request.query)?;
    if boolean(&request.query, "is-automated")? == Some(true) {
        return respond::json(&Vec::<SearchResult>::new());
    }
    // Credentials that cannot be read are none, as Docker has it: most registries let anybody search.
    let credentials = credentials(request.inner.headers());
    let found = engine.distribution.search(asked, credentials).await?;
    respond::json(&found.into_iter().map(result).collect::<Vec<_>>())
}

fn query(query: &Query) -> Result<SearchQuery, Failure> {
    let filters = query.filters()?;
    if let Some(name) = filters.keys().find(|name| !KNOWN.contains(&name.as_str())) {
        return Err(Failure::invalid(format!("invalid filter '{name}'")));
    }
    let mut stars = 0;
    for text in filters.get("stars").into_iter().flatten() {
        let number = text.parse().map_err(|_| Failure::invalid(format!("invalid filter 'stars={text}'")))?;
        stars = i64::max(stars, number);
    }
    Ok(SearchQuery {
        term: query.text("term").to_owned(),
        limit: query.number("limit")?.unwrap_or_default(),
        stars,
        is_official: boolean(query, "is-official")?,
    })
}

/// What a filter that is true or false says.
fn boolean(query: &Query, name: &str) -> Result<Option<bool>, Failure> {
    let filters = query.filters()?;
    let Some(values) = filters.get(name) else { return Ok(None) };
    let says = |words: [&str; 2]| values.iter().any(|value| words.contains(&value.as_str()));
    match (says(["1", "true"]), says(["0", "false"])) {
        (true, false) => Ok(Some(true)),
        (false, true) => Ok(Some(false)),
        _ => Err(Failure::invalid(format!("invalid filter '{name}=[{}]'", values.join(" ")))),
    }
}

fn result(found: FoundRepository) -> SearchResult {
    SearchResult {
        star_count: found.star_count,
        is_official: found.is_official,
        name: found.name,
        is_automated: false,
        description: found.description.unwrap_or_default(),
    }
}
