//! What a caller gave: fields and their values, and how a form writes them (the URL Standard, section 5; brackets as in PHP and Rails).

use crate::model::error::{Error, Kind};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

/// Characters of a field's name that a refusal quotes.
const QUOTED_MAX: usize = 60;

/// One value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Given {
    pub name: String,
    /// Of `items[mug]` it is `mug`; of `orders[]` and `orders[0]` it is empty.
    pub key: Option<String>,
    pub value: String,
}

impl Given {
    /// The field as a form writes it.
    pub fn field(&self) -> String {
        match &self.key {
            None => self.name.clone(),
            Some(key) => format!("{}[{key}]", self.name),
        }
    }

    /// The same for a refusal to quote.
    pub fn short_field(&self) -> String {
        self.field().chars().take(QUOTED_MAX).collect()
    }

    pub fn to_form(&self) -> String {
        // Names and keys are words by now; of the brackets, leptos wants those around a key as they are.
        format!("{}={}", self.field(), utf8_percent_encode(&self.value, NON_ALPHANUMERIC))
    }
}

/// Reads a form or a query.
pub(super) fn read_form(form: &[u8]) -> Result<Vec<Given>, Error> {
    form.split(|byte| *byte == b'&').filter(|field| !field.is_empty()).map(read_field).collect()
}

fn read_field(field: &[u8]) -> Result<Given, Error> {
    let at = field.iter().position(|byte| *byte == b'=');
    let (name, value) = at.map_or((field, &b""[..]), |at| (&field[..at], &field[at + 1..]));
    let name = decode(name).ok_or_else(|| Error::new(Kind::Malformed, "a field's name is no UTF-8"))?;
    let Some(value) = decode(value) else {
        let refusal = Error::new(Kind::Malformed, format!("`{}` is no UTF-8", name.chars().take(QUOTED_MAX).collect::<String>()));
        return Err(refusal.at(name));
    };
    let (name, key) = read_name(&name)?;
    Ok(Given { name, key, value })
}

/// Percent-decodes; `+` is a space. `None` where that is no UTF-8.
fn decode(text: &[u8]) -> Option<String> {
    let text: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&text).decode_utf8().ok().map(|text| text.into_owned())
}

/// `items[mug]` is the name `items` and the key `mug`.
fn read_name(field: &str) -> Result<(String, Option<String>), Error> {
    let Some((name, rest)) = field.split_once('[') else { return Ok((field.into(), None)) };
    let key = rest.strip_suffix(']').filter(|key| !key.contains(['[', ']'])).ok_or_else(|| unreadable(field))?;
    let is_place = key.bytes().all(|byte| byte.is_ascii_digit());
    Ok((name.into(), Some(if is_place { String::new() } else { key.into() })))
}

pub(super) fn unreadable(field: &str) -> Error {
    Error::new(Kind::Malformed, format!("`{}` cannot be read", field.chars().take(QUOTED_MAX).collect::<String>()))
}
