//! The cart: what a customer asks for, before it is an order.
//!
//! Written as a map from product to quantity: in JSON `{"coffee": 2, "mug": 1}`, in a form `items[coffee]=2&items[mug]=1`, where an
//! empty field means none.

use crate::model::{
    error::Error,
    order::{CATALOGUE, Item},
};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, Visitor},
};
use std::{collections::BTreeMap, fmt};

/// The most of one product in one order.
pub const QUANTITY_MAX: u32 = 99;

/// Quantities by SKU, as they were sent: [`Cart::items`] checks them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cart(BTreeMap<String, Quantity>);

impl Cart {
    /// The order's items, in the catalogue's order and at its prices.
    /// Refuses an empty cart, an unknown product, and more than [`QUANTITY_MAX`] of one.
    pub fn items(&self) -> Result<Vec<Item>, Error> {
        if let Some(unknown) = self.0.keys().find(|sku| !is_product(sku)) {
            return Err(no_such_product(unknown));
        }
        if let Some((sku, _)) = self.0.iter().find(|(_, quantity)| quantity.0 > QUANTITY_MAX) {
            return Err(Error::invalid(format!("at most {QUANTITY_MAX} of {sku} in one order")).at(format!("items[{sku}]")));
        }
        let items = CATALOGUE.iter().filter_map(|product| {
            let quantity = self.0.get(product.sku).map(|quantity| quantity.0).filter(|quantity| *quantity > 0)?;
            Some(Item { sku: product.sku.into(), name: product.name.into(), quantity, price_cents: product.price_cents })
        });
        let items: Vec<_> = items.collect();
        if items.is_empty() { Err(Error::invalid("choose at least one product")) } else { Ok(items) }
    }
}

/// Whether the catalogue has that product.
pub fn is_product(sku: &str) -> bool {
    CATALOGUE.iter().any(|product| product.sku == sku)
}

/// The refusal of a product that the catalogue does not have.
pub fn no_such_product(sku: &str) -> Error {
    let skus: Vec<_> = CATALOGUE.iter().map(|product| product.sku).collect();
    Error::invalid(format!("there is no product {sku:?}; there are {}", skus.join(", ")))
}

/// How many: a number, or its digits (a form has only text).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Quantity(u32);

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct NumberOrDigits;
        impl Visitor<'_> for NumberOrDigits {
            type Value = Quantity;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a quantity")
            }

            fn visit_u64<E: de::Error>(self, quantity: u64) -> Result<Quantity, E> {
                u32::try_from(quantity).map(Quantity).map_err(|_| E::custom("the quantity is too large"))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Quantity, E> {
                match text.trim() {
                    "" => Ok(Quantity(0)),
                    digits => digits.parse().map(Quantity).map_err(|_| E::custom(format!("{digits:?} is not a quantity"))),
                }
            }
        }
        from.deserialize_any(NumberOrDigits)
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
    fn a_cart_in_json_and_in_a_forms_fields_means_the_same() {
        let want = Ok(vec![("coffee".to_owned(), 2), ("mug".to_owned(), 1)]);
        assert_eq!(read(r#"{"mug": 1, "coffee": 2, "tea": 0}"#), want);
        // As a form's fields are read: each value is text, and one that was left empty is there.
        assert_eq!(read(r#"{"mug": "1", "coffee": " 2 ", "tea": ""}"#), want);
    }

    #[test]
    fn what_cannot_be_ordered_is_refused_with_a_reason() {
        for (json, reason) in [
            (r#"{}"#, "choose at least one"),
            (r#"{"coffee": 0}"#, "choose at least one"),
            (r#"{"unicorn": 1}"#, "no product \"unicorn\""),
            (r#"{"coffee": 100}"#, "at most 99"),
            (r#"{"coffee": 5000000000}"#, "too large"),
            (r#"{"coffee": -1}"#, "expected a quantity"),
            (r#"{"coffee": "lots"}"#, "not a quantity"),
            (r#"["coffee"]"#, "expected a map"),
            (r#""coffee:2""#, "expected a map"),
        ] {
            let refusal = read(json).unwrap_err();
            assert!(refusal.contains(reason), "{json}: {refusal}");
        }
    }
}
