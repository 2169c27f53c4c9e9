//! The fields of a JSON object, as a form would have them. A name that comes twice is there twice.

use super::given::{Given, unreadable};
use crate::model::error::{Error, Kind};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use std::fmt;

/// A JSON value, with all that an object holds.
enum Json {
    Null,
    /// A text, a number, true or false.
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// Reads an object. A field that is `null` is left out.
pub(super) fn read(json: &[u8]) -> Result<Vec<Given>, Error> {
    let Json::Object(fields) = serde_json::from_slice(json).map_err(|error| not_json(&error))? else {
        return Err(Error::new(Kind::Malformed, "the body is no JSON object"));
    };
    let mut given = Vec::new();
    for (name, value) in fields {
        match value {
            Json::Null => {}
            Json::Text(value) => given.push(Given { name, key: None, value }),
            Json::List(values) => {
                for value in values {
                    given.push(Given { name: name.clone(), key: Some(String::new()), value: text(value, &format!("{name}[]"))? });
                }
            }
            Json::Object(values) => {
                for (key, value) in values {
                    let value = text(value, &format!("{name}[{key}]"))?;
                    given.push(Given { name: name.clone(), key: Some(key), value });
                }
            }
        }
    }
    Ok(given)
}

fn text(value: Json, field: &str) -> Result<String, Error> {
    match value {
        Json::Text(value) => Ok(value),
        _ => Err(unreadable(field)),
    }
}

fn not_json(error: &serde_json::Error) -> Error {
    let why = if error.is_eof() { "it ends too early".into() } else { format!("line {}, column {}", error.line(), error.column()) };
    Error::new(Kind::Malformed, format!("the body is no JSON: {why}"))
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Json;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
                Ok(Json::Text(value.to_string()))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
                Ok(Json::Text(value.to_string()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
                Ok(Json::Text(value.to_string()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
                Ok(Json::Text(value.to_string()))
            }

            fn visit_str<E>(self, value: &str) -> Result<Json, E> {
                Ok(Json::Text(value.into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Json, A::Error> {
                let mut list = Vec::new();
                while let Some(value) = values.next_element()? {
                    list.push(value);
                }
                Ok(Json::List(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Json, A::Error> {
                let mut object = Vec::new();
                while let Some(field) = fields.next_entry()? {
                    object.push(field);
                }
                Ok(Json::Object(object))
            }
        }
        from.deserialize_any(Any)
    }
}
