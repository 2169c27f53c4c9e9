//! What a customer asks for, before it is an order. Written in any of the ways that a form, JSON or a person at a shell would choose:
//!
//! - a map: `{"coffee": 2, "mug": 1}`, as a form `items[coffee]=2&items[mug]=1`;
//! - a list: `[{"sku": "coffee", "quantity": 2}, "mug"]`, as a form `items[0][sku]=coffee&items[0][quantity]=2`;
//! - text: `coffee:2, mug`.

use crate::model::{
    error::Error,
    order::{CATALOGUE, Item},
};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use std::{collections::BTreeMap, fmt};

/// The most of one product in one order.
pub const QUANTITY_MAX: u32 = 99;

/// How many of each product, by its SKU. Unknown products and quantities of none are kept until [`Cart::items`] looks at them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Cart(BTreeMap<String, u32>);

impl Cart {
    /// The lines of the order, in the catalogue's order, at its prices.
    /// Refuses an empty cart, an unknown product, and more than [`QUANTITY_MAX`] of one.
    pub fn items(&self) -> Result<Vec<Item>, Error> {
        let known = |sku: &str| CATALOGUE.iter().any(|product| product.sku == sku);
        if let Some(unknown) = self.0.keys().find(|sku| !known(sku)) {
            let skus: Vec<_> = CATALOGUE.iter().map(|product| product.sku).collect();
            return Err(Error::invalid(format!("there is no product {unknown:?}; there are {}", skus.join(", "))));
        }
        if let Some((sku, _)) = self.0.iter().find(|(_, quantity)| **quantity > QUANTITY_MAX) {
            return Err(Error::invalid(format!("at most {QUANTITY_MAX} of {sku} in one order")).at(format!("items[{sku}]")));
        }
        let lines = CATALOGUE.iter().filter_map(|product| {
            let quantity = self.0.get(product.sku).copied().filter(|quantity| *quantity > 0)?;
            Some(Item { sku: product.sku.into(), name: product.name.into(), quantity, price_cents: product.price_cents })
        });
        let items: Vec<_> = lines.collect();
        if items.is_empty() { Err(Error::invalid("choose at least one product")) } else { Ok(items) }
    }

    fn add(&mut self, sku: &str, quantity: u32) {
        let held = self.0.entry(sku.trim().to_lowercase()).or_default();
        *held = held.saturating_add(quantity);
    }

    fn add_text<E: de::Error>(&mut self, text: &str) -> Result<(), E> {
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match part.split_once(':') {
                Some((sku, quantity)) => self.add(sku, read_quantity(quantity)?),
                None => self.add(part, 1),
            }
        }
        Ok(())
    }
}

fn read_quantity<E: de::Error>(text: &str) -> Result<u32, E> {
    match text.trim() {
        "" => Ok(0),
        digits => digits.parse().map_err(|_| E::custom(format!("{digits:?} is not a quantity"))),
    }
}

impl<'de> Deserialize<'de> for Cart {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Shapes;
        impl<'de> Visitor<'de> for Shapes {
            type Value = Cart;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("items, such as {\"coffee\": 2} or \"coffee:2, mug\"")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Cart, E> {
                let mut cart = Cart::default();
                cart.add_text(text)?;
                Ok(cart)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cart, A::Error> {
                let mut cart = Cart::default();
                while let Some((key, entry)) = map.next_entry::<String, Entry>()? {
                    match entry {
                        Entry::Quantity(quantity) => cart.add(&key, quantity),
                        Entry::Text(text) => match key.parse::<usize>() {
                            // A form's list of texts: `items[0]=coffee`.
                            Ok(_) => cart.add_text(&text)?,
                            Err(_) => cart.add(&key, read_quantity(&text)?),
                        },
                        Entry::Line(sku, quantity) => cart.add(&sku, quantity),
                    }
                }
                Ok(cart)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Cart, A::Error> {
                let mut cart = Cart::default();
                while let Some(entry) = seq.next_element::<Entry>()? {
                    match entry {
                        Entry::Line(sku, quantity) => cart.add(&sku, quantity),
                        Entry::Text(text) => cart.add_text(&text)?,
                        Entry::Quantity(_) => return Err(de::Error::custom("a quantity without a product")),
                    }
                }
                Ok(cart)
            }
        }
        from.deserialize_any(Shapes)
    }
}

/// What can stand for one product: how many, a text, or a line of its own.
enum Entry {
    Quantity(u32),
    Text(String),
    Line(String, u32),
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Line {
            sku: String,
            #[serde(default = "one")]
            quantity: Quantity,
        }
        fn one() -> Quantity {
            Quantity(1)
        }
        struct Kinds;
        impl<'de> Visitor<'de> for Kinds {
            type Value = Entry;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a quantity, or {\"sku\": …, \"quantity\": …}")
            }

            fn visit_u64<E: de::Error>(self, quantity: u64) -> Result<Entry, E> {
                u32::try_from(quantity).map(Entry::Quantity).map_err(|_| E::custom("the quantity is too large"))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Entry, E> {
                Ok(Entry::Text(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Entry, A::Error> {
                let line = Line::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Entry::Line(line.sku, line.quantity.0))
            }
        }
        from.deserialize_any(Kinds)
    }
}

/// A number, or its digits: forms know only text.
struct Quantity(u32);

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Entry::deserialize(from)? {
            Entry::Quantity(quantity) => Ok(Quantity(quantity)),
            Entry::Text(text) => read_quantity(&text).map(Quantity),
            Entry::Line(..) => Err(de::Error::custom("a quantity is a number")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Vec<(String, u32)>, String> {
        let cart: Cart = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let items = cart.items().map_err(|error| error.error)?;
        Ok(items.into_iter().map(|item| (item.sku, item.quantity)).collect())
    }

    #[test]
    fn every_way_to_write_a_basket_means_the_same() {
        let want = Ok(vec![("coffee".to_owned(), 2), ("mug".to_owned(), 1)]);
        for json in [
            r#"{"mug": 1, "coffee": 2, "tea": 0}"#,
            r#"{"mug": "1", "coffee": "2", "tea": ""}"#,
            r#"[{"sku": "coffee", "quantity": 2}, {"sku": "mug"}]"#,
            r#"["coffee:2", "mug"]"#,
            r#"{"0": {"sku": "coffee", "quantity": "2"}, "1": "mug"}"#,
            r#""coffee:2, mug""#,
        ] {
            assert_eq!(read(json), want, "{json}");
        }
    }

    #[test]
    fn what_cannot_be_ordered_is_refused_with_a_reason() {
        for (json, reason) in [
            (r#"{}"#, "choose at least one"),
            (r#"{"coffee": 0}"#, "choose at least one"),
            (r#"{"unicorn": 1}"#, "no product \"unicorn\""),
            (r#"{"coffee": 100}"#, "at most 99"),
            (r#"{"coffee": -1}"#, "expected a quantity"),
            (r#""coffee:lots""#, "not a quantity"),
            (r#"7"#, "expected items"),
        ] {
            let refusal = read(json).unwrap_err();
            assert!(refusal.contains(reason), "{json}: {refusal}");
        }
    }
}
