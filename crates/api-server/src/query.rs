//! The query string, read as Docker reads it in the version that the client speaks.

use std::collections::{BTreeMap, HashMap};

use std::sync::LazyLock;

use corten_api_types::{API_VERSION, ApiVersion, Filters};
use corten_spec::time::Timestamp;
use percent_encoding::percent_decode_str;

use crate::failure::Failure;

/// Parameters by name; of a repeated one the first counts, but where several make sense.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    /// What the client speaks.
    pub(crate) version: ApiVersion,
    parameters: HashMap<String, Vec<String>>,
}

/// What a client has not said.
static NOTHING: LazyLock<Query> = LazyLock::new(|| Query::parse(API_VERSION, ""));

impl Query {
    pub(crate) fn parse(version: ApiVersion, text: &str) -> Self {
        let mut parameters = HashMap::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            parameters.entry(decode(name)).or_insert_with(Vec::new).push(decode(value));
        }
        Self { version, parameters }
    }

    /// The parameters, if the client speaks `version` or a newer one: what an older one has no name for is not there.
    pub(crate) fn since(&self, version: ApiVersion) -> &Self {
        if self.version >= version { self } else { &NOTHING }
    }

    /// The value; empty where there is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.all(name).first().map_or("", String::as_str)
    }

    /// Every value, in their order.
    pub(crate) fn all(&self, name: &str) -> &[String] {
        self.parameters.get(name).map_or(&[], Vec::as_slice)
    }

    /// Docker's truth: everything but the empty text, `0`, `no`, `false` and `none`.
    pub(crate) fn flag(&self, name: &str) -> bool {
        !matches!(self.text(name).trim().to_ascii_lowercase().as_str(), "" | "0" | "no" | "false" | "none")
    }

    /// The same, where what is not there is not false.
    pub(crate) fn flag_or(&self, name: &str, default: bool) -> bool {
        if self.parameters.contains_key(name) { self.flag(name) } else { default }
    }

    /// A number; `None` where there is none.
    pub(crate) fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, Failure> {
        match self.text(name) {
            "" => Ok(None),
            text => text
                .parse()
                .map(Some)
                .map_err(|_| Failure::invalid(format!("invalid value `{text}` for parameter `{name}`"))),
        }
    }

    /// A moment: seconds since the epoch, with a fraction; 0 is none.
    pub(crate) fn moment(&self, name: &str) -> Result<Option<Timestamp>, Failure> {
        if self.text(name) == "0" { Ok(None) } else { self.instant(name) }
    }

    /// A moment, where 0 is one as well: the first of all.
    pub(crate) fn instant(&self, name: &str) -> Result<Option<Timestamp>, Failure> {
        match self.text(name) {
            "" => Ok(None),
            text => corten_spec::time::parse_unix(text)
                .or_else(|_| corten_spec::time::parse_rfc3339(text))
                .map(Some)
                .map_err(|_| {
                    Failure::invalid(format!("invalid value `{text}` for parameter `{name}`: not a time"))
                }),
        }
    }

    /// The filters.
    pub(crate) fn filters(&self) -> Result<BTreeMap<String, Vec<String>>, Failure> {
        let filters =
            Filters::from_json(self.text("filters")).map_err(|error| Failure::invalid(error.to_string()))?;
        let values = |name: &str| filters.get(name).map(str::to_owned).collect();
        Ok(filters.keys().map(|name| (name.to_owned(), values(name))).collect())
    }
}

fn decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use corten_api_types::API_VERSION;

    use super::Query;

    #[test]
    fn parameters_are_decoded_and_flags_read_as_docker_does() {
        let query = Query::parse(API_VERSION, "name=a%2Fb+c&all=1&force=False&x&name=second");
        assert_eq!(query.text("name"), "a/b c");
        assert_eq!(query.all("name"), ["a/b c", "second"]);
        assert!(query.flag("all") && !query.flag("force") && !query.flag("x") && !query.flag("missing"));
    }

    #[test]
    fn zero_is_no_moment_but_an_instant() {
        let query = Query::parse(API_VERSION, "since=0&until=");
        assert_eq!(query.moment("since").unwrap(), None);
        assert_eq!(query.instant("since").unwrap().map(|at| at.as_nanos()), Some(0));
        assert_eq!(query.instant("until").unwrap(), None);
    }

    #[test]
    fn a_number_that_is_none_is_refused_by_name() {
        let failure = Query::parse(API_VERSION, "t=soon").number::<i64>("t").unwrap_err();
        assert_eq!(failure.message, "invalid value `soon` for parameter `t`");
    }
}
