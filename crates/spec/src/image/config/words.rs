//! Two shapes of Docker's JSON: a set written as an object of empty objects, and a list that may be a single text.
//! Anything else in such a place is an error.

use std::fmt;

use serde::de::{Deserializer, SeqAccess, Visitor};

/// A set of names as `{"name": {}}`.
pub(super) mod names_as_keys {
    use std::collections::{BTreeMap, BTreeSet};

    use serde::de::IgnoredAny;
    use serde::{Deserialize, Deserializer, Serializer};

    #[derive(serde::Serialize)]
    struct Empty {}

    pub(in super::super) fn serialize<S: Serializer>(
        names: &BTreeSet<String>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(names.iter().map(|name| (name, Empty {})))
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeSet<String>, D::Error> {
        let object = Option::<BTreeMap<String, IgnoredAny>>::deserialize(deserializer)?;
        Ok(object.unwrap_or_default().into_keys().collect())
    }
}

/// A list of words; one text alone is a list of one, as images from before 2014 have it; `null` is none.
pub(super) fn words_or_text<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<String>>, D::Error> {
    struct Words;

    impl<'de> Visitor<'de> for Words {
        type Value = Option<Vec<String>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of words or one text")
        }

        fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
            Ok(Some(vec![text.to_owned()]))
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut words: A) -> Result<Self::Value, A::Error> {
            let mut list = Vec::new();
            while let Some(word) = words.next_element()? {
                list.push(word);
            }
            Ok(Some(list))
        }
    }

    deserializer.deserialize_any(Words)
}
