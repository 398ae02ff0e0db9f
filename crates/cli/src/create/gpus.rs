//! `--gpus`: `all`, a number, or `device=ID,capabilities=…`, with Docker's texts for what is wrong.

use std::collections::{BTreeMap, BTreeSet};

use corten_api_types::container::DeviceRequest;

use super::labels;
use super::mount::split_fields;

/// Reads one request.
///
/// # Errors
/// Docker's texts.
pub(crate) fn parse(text: &str) -> Result<DeviceRequest, String> {
    let mut request = DeviceRequest::default();
    let mut seen = BTreeSet::new();
    for field in split_fields(text)? {
        let (key, value) = match field.split_once('=') {
            Some((key, value)) => (key, value),
            None => ("count", field.as_str()),
        };
        let name = if field.contains('=') { key } else { value };
        if !seen.insert(name.to_owned()) {
            return Err(format!("gpu request key '{name}' can be specified only once"));
        }
        seen.insert(key.to_owned());
        let list = || value.split(',').map(str::to_owned).collect::<Vec<_>>();
        match key {
            "driver" => value.clone_into(&mut request.driver),
            "count" => request.count = count(value)?,
            "device" => request.device_ids = Some(list()),
            "capabilities" => {
                request.capabilities = Some(vec![list().into_iter().chain(["gpu".to_owned()]).collect()]);
            }
            "options" => request.options = Some(labels::to_map(&split_fields(value)?)),
            _ => return Err(format!("unexpected key '{key}' in '{field}'")),
        }
    }
    if !seen.contains("count") && request.device_ids.is_none() {
        request.count = 1;
    }
    request.options.get_or_insert_with(BTreeMap::new);
    request.capabilities.get_or_insert_with(|| vec![vec!["gpu".to_owned()]]);
    Ok(request)
}

fn count(text: &str) -> Result<i64, String> {
    if text == "all" {
        return Ok(-1);
    }
    let why = "value must be either \"all\" or an integer: invalid syntax";
    text.parse().map_err(|_| format!("invalid count ({text}): {why}"))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn gpus_are_a_number_or_a_list() {
        assert_eq!(parse("all").unwrap().count, -1);
        assert_eq!(parse("2").unwrap().capabilities.unwrap(), [["gpu"]]);
        let request = parse(r#""device=0,1",capabilities=utility"#).unwrap();
        assert_eq!((request.count, request.device_ids.unwrap()), (0, vec!["0".to_owned(), "1".to_owned()]));
        assert_eq!(request.capabilities.unwrap(), [["utility", "gpu"]]);
    }

    #[test]
    fn mistakes_are_told_in_dockers_words() {
        assert_eq!(
            parse("x").unwrap_err(),
            "invalid count (x): value must be either \"all\" or an integer: invalid syntax"
        );
        assert_eq!(parse("a=b").unwrap_err(), "unexpected key 'a' in 'a=b'");
        assert_eq!(
            parse("driver=a,driver=b").unwrap_err(),
            "gpu request key 'driver' can be specified only once"
        );
    }
}
