//! An entry of the Redis stream: how it is read from Redis' answers, and the push that it stands for.

use crate::server::store::{Push, StoreError};
use redis::Value;

/// An entry, as Redis gives it: its fields are whatever bytes somebody added.
#[derive(Debug)]
pub struct Entry {
    pub id: String,
    pub fields: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Entry {
    /// The push of the entry's fields. Without a `key` of its own, the entry's id is the key: however many instances append it, it is one
    /// event. `stream` is the stream's name.
    pub fn push(&self, stream: &str) -> Result<Push, StoreError> {
        let (mut user, mut event, mut data, mut key) = (None, None, None, None);
        for (name, value) in &self.fields {
            let field = match name.as_slice() {
                b"userId" => &mut user,
                b"event" => &mut event,
                b"data" => &mut data,
                b"key" => &mut key,
                name => return Err(StoreError::invalid(format!("there is no field {:?}", String::from_utf8_lossy(name)))),
            };
            let value = str::from_utf8(value);
            *field = Some(value.map_err(|_| StoreError::invalid(format!("{} is no UTF-8", String::from_utf8_lossy(name))))?);
        }
        let missing = |name: &str| StoreError::invalid(format!("{name} is missing"));
        let (user, event) = (user.ok_or_else(|| missing("userId"))?, event.ok_or_else(|| missing("event"))?);
        let key = key.map_or_else(|| format!("{stream} {}", self.id), str::to_owned);
        Push::new(user, event, data.ok_or_else(|| missing("data"))?, Some(key))
    }
}

/// The entries of an `XREADGROUP` answer: `[[stream, entries]]`, or nil.
pub fn read(answer: Value) -> Vec<Entry> {
    entries(second(items(answer).into_iter().next().unwrap_or(Value::Nil)))
}

/// The entries of an `XAUTOCLAIM` answer: `[next id, entries, …]`.
pub fn claimed(answer: Value) -> Vec<Entry> {
    entries(second(answer))
}

/// Reads `[[id, [name, value, …]], …]`. An entry that was trimmed meanwhile has no fields, or is nil.
fn entries(value: Value) -> Vec<Entry> {
    let entry = |value| {
        let mut parts = items(value).into_iter();
        let id = String::from_utf8(bytes(parts.next()?)?).ok()?;
        let mut fields = items(parts.next()?).into_iter();
        let pairs = std::iter::from_fn(|| Some((bytes(fields.next()?)?, bytes(fields.next()?)?)));
        Some(Entry { id, fields: pairs.collect() })
    };
    items(value).into_iter().filter_map(entry).collect()
}

fn second(value: Value) -> Value {
    items(value).into_iter().nth(1).unwrap_or(Value::Nil)
}

fn items(value: Value) -> Vec<Value> {
    if let Value::Array(items) = value { items } else { Vec::new() }
}

fn bytes(value: Value) -> Option<Vec<u8>> {
    if let Value::BulkString(bytes) = value { Some(bytes) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(fields: &[(&str, &str)]) -> Entry {
        Entry { id: "7-0".into(), fields: fields.iter().map(|(name, value)| (name.as_bytes().into(), value.as_bytes().into())).collect() }
    }

    #[test]
    fn an_entry_that_is_no_push_is_refused_with_the_reason() {
        let good = [("userId", "ada"), ("event", "weather"), ("data", r#"{"sun":true}"#)];
        assert!(entry(&good).push("s").is_ok());
        let refused = |fields: &[(&str, &str)]| entry(fields).push("s").unwrap_err().to_string();
        assert!(refused(&good[1..]).contains("userId is missing"));
        assert!(refused(&good[..2]).contains("data is missing"));
        assert!(refused(&[good[0], good[1], ("data", "{")]).contains("no JSON"));
        assert!(refused(&[good[0], ("event", "resync"), good[2]]).contains("nobody can push it"));
        assert!(refused(&[good[0], good[1], good[2], ("kye", "1")]).contains("kye"));
        let bytes = Entry { id: "7-0".into(), fields: vec![(b"userId".into(), vec![0xff])] };
        assert!(bytes.push("s").unwrap_err().to_string().contains("no UTF-8"));
    }

    #[test]
    fn redis_answers_are_read_whatever_bytes_are_in_them() {
        let text = |text: &[u8]| Value::BulkString(text.into());
        let entry = |id: &str, fields: Value| Value::Array(vec![text(id.as_bytes()), fields]);
        let good = entry("1-0", Value::Array(vec![text(b"\xff"), text(b"v")]));
        let answer = Value::Array(vec![Value::Nil, Value::Array(vec![good, entry("2-0", Value::Nil), Value::Nil])]);
        let read: Vec<_> = claimed(answer).into_iter().map(|entry| (entry.id, entry.fields)).collect();
        assert_eq!(read, [("1-0".into(), vec![(b"\xff".to_vec(), b"v".to_vec())]), ("2-0".into(), vec![])]);
        assert!(super::read(Value::Nil).is_empty() && claimed(Value::Nil).is_empty());
    }
}
