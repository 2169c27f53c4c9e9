//! JSON, read by the browser's own parser: serde takes it over from there.
//!
//! Not `serde_json`: its parser, once for each type, and the texts of its errors, with all that writes numbers into them, would be a sixth of
//! the WebAssembly (docs/weight.md). Here an error says nothing: what cannot be read came from another program than ours.

use crate::model::event::Event;
use js_sys::{Array, JSON, Reflect};
use serde::{
    de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, IntoDeserializer, SeqAccess, Visitor, value::StringDeserializer},
    forward_to_deserialize_any,
};
use std::{fmt, slice, vec};
use wasm_bindgen::{JsCast, JsValue};

/// Reads a value. `None` where it is no JSON, or not of that type.
pub fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    T::deserialize(Value(JSON::parse(text).ok()?)).ok()
}

/// Reads one field of an object, a text.
pub fn read_text(text: &str, field: &str) -> Option<String> {
    read_field(text, field)?.as_string()
}

/// Reads one field of an object, a number.
pub fn read_number(text: &str, field: &str) -> Option<f64> {
    read_field(text, field)?.as_f64()
}

/// Reads one field of an object, a list of whole numbers; empty where it is none.
pub fn read_numbers(text: &str, field: &str) -> Vec<i64> {
    let list = read_field(text, field).and_then(|list| list.dyn_into::<Array>().ok());
    list.map_or(Vec::new(), |list| list.iter().filter_map(|number| Some(number.as_f64()? as i64)).collect())
}

fn read_field(text: &str, field: &str) -> Option<JsValue> {
    Reflect::get(&JSON::parse(text).ok()?, &JsValue::from_str(field)).ok()
}

/// Reads the `data:` of an event. `Err` where it cannot be read, `Ok(None)` where a page has no use for its type.
pub fn read_event(kind: &str, data: &str) -> Result<Option<Event>, Unreadable> {
    if !Event::TYPES.contains(&kind) {
        return Ok(None);
    }
    Event::read(kind, Value(JSON::parse(data).map_err(|_| Unreadable)?))
}

/// It is not what was expected.
#[derive(Clone, Copy, Debug)]
pub struct Unreadable;

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("unreadable")
    }
}

impl std::error::Error for Unreadable {}

impl Error for Unreadable {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

struct Value(JsValue);

impl<'de> Deserializer<'de> for Value {
    type Error = Unreadable;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        if let Some(text) = self.0.as_string() {
            visitor.visit_string(text)
        } else if let Some(number) = self.0.as_f64() {
            // All of our numbers are whole.
            visitor.visit_i64(number as i64)
        } else if let Some(truth) = self.0.as_bool() {
            visitor.visit_bool(truth)
        } else {
            let list: Array = self.0.dyn_into().map_err(|_| Unreadable)?;
            visitor.visit_seq(List(list.to_vec().into_iter()))
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        visitor.visit_seq(Fields { of: self.0, names: fields.iter() })
    }

    fn deserialize_enum<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], visitor: V) -> Result<V::Value, Unreadable> {
        let variant: StringDeserializer<Unreadable> = self.0.as_string().ok_or(Unreadable)?.into_deserializer();
        visitor.visit_enum(variant)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

struct List(vec::IntoIter<JsValue>);

impl<'de> SeqAccess<'de> for List {
    type Error = Unreadable;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Unreadable> {
        self.0.next().map(|value| seed.deserialize(Value(value))).transpose()
    }
}

/// The fields of an object as a sequence in the order of the type's, for serde's code for a sequence is half of that for a map. A field that
/// is not there counts as the end, once: serde takes the field's default for it, and asks for the next.
struct Fields {
    of: JsValue,
    names: slice::Iter<'static, &'static str>,
}

impl<'de> SeqAccess<'de> for Fields {
    type Error = Unreadable;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Unreadable> {
        let Some(name) = self.names.next() else { return Ok(None) };
        let value = Reflect::get(&self.of, &JsValue::from_str(name)).map_err(|_| Unreadable)?;
        if value.is_undefined() { Ok(None) } else { seed.deserialize(Value(value)).map(Some) }
    }
}
