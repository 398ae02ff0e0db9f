//! JSON text as data of templates. Their maps are sorted; what `json` prints has the order of the text, so each map's text
//! is kept beside it.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use gotmpl::Value;
use serde::Deserializer;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use super::Shape;
use super::json::{compact, unescape_html};

/// The text of every map that was read, by the address of the map; the map is kept, so that the address stays its own.
type Texts = HashMap<usize, (Value, String)>;

/// Data that was read from JSON.
#[derive(Clone, Default)]
pub(crate) struct Document {
    texts: Arc<Mutex<Texts>>,
}

impl Document {
    /// Reads a value; `shape` adds the names and fields that Docker's own types have.
    pub(crate) fn read(&mut self, json: &[u8], shape: Shape) -> Result<Value, serde_json::Error> {
        let raw: &RawValue = serde_json::from_slice(json)?;
        self.value(raw, "", shape)
    }

    fn value(&mut self, raw: &RawValue, path: &str, shape: Shape) -> Result<Value, serde_json::Error> {
        let text = raw.get();
        match text.as_bytes().first() {
            Some(b'{') => self.map(text, path, shape),
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(text)?;
                let items: Result<Vec<Value>, _> =
                    items.into_iter().map(|item| self.value(item, path, shape)).collect();
                Ok(Value::List(Arc::from(items?)))
            }
            _ => scalar(text),
        }
    }

    fn map(&mut self, text: &str, path: &str, shape: Shape) -> Result<Value, serde_json::Error> {
        let mut map = BTreeMap::new();
        for (key, raw) in fields(text)? {
            let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            let value = self.value(raw, &below, shape)?;
            map.insert(Arc::from(key), value);
        }
        shape.complete(path, &mut map);
        let map = Arc::new(map);
        let address = Arc::as_ptr(&map) as usize;
        let value = Value::Map(map);
        let entry = (value.clone(), unescape_html(&compact(text)));
        self.texts.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).insert(address, entry);
        Ok(value)
    }

    /// The text that a map was read from, compact and without HTML escapes.
    pub(super) fn text_of(&self, map: &Arc<BTreeMap<Arc<str>, Value>>) -> Option<String> {
        let texts = self.texts.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        texts.get(&(Arc::as_ptr(map) as usize)).map(|(_, text)| text.clone())
    }
}

fn scalar(text: &str) -> Result<Value, serde_json::Error> {
    Ok(match serde_json::from_str(text)? {
        serde_json::Value::Bool(value) => Value::Bool(value),
        serde_json::Value::String(value) => Value::String(Arc::from(value)),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(value), _) => Value::Int(value),
            (None, Some(value)) => Value::Uint(value),
            (None, None) => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        _ => Value::Nil,
    })
}

/// The fields of an object in the order of the text.
fn fields(text: &str) -> Result<Vec<(String, &RawValue)>, serde_json::Error> {
    struct Fields;
    impl<'de> Visitor<'de> for Fields {
        type Value = Vec<(String, &'de RawValue)>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
            let mut fields = Vec::new();
            while let Some(field) = access.next_entry()? {
                fields.push(field);
            }
            Ok(fields)
        }
    }
    serde_json::Deserializer::from_str(text).deserialize_map(Fields)
}
