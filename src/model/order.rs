//! Orders: what was bought, how far it has come, and the catalogue it is chosen from.
//!
//! An order only moves forward: placed → packed → shipped → delivered; it can be cancelled until it is shipped. Each change makes
//! its `version` one higher, so that whoever holds two copies knows the newer.

use reactive_stores::Store;
use serde::{Deserialize, Serialize};

/// How far an order has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Placed,
    Packed,
    Shipped,
    Delivered,
    Cancelled,
}

impl Status {
    /// The way of an order that is not cancelled.
    pub const WAY: [Status; 4] = [Status::Placed, Status::Packed, Status::Shipped, Status::Delivered];

    /// Every status.
    pub const ALL: [Status; 5] = [Status::Placed, Status::Packed, Status::Shipped, Status::Delivered, Status::Cancelled];

    /// The step after this one; `None` at an end.
    pub fn next(self) -> Option<Status> {
        let here = Self::WAY.iter().position(|step| *step == self)?;
        Self::WAY.get(here + 1).copied()
    }

    /// Only before it is shipped.
    pub fn can_cancel(self) -> bool {
        matches!(self, Status::Placed | Status::Packed)
    }

    /// The status's name, as the database and JSON write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Placed => "placed",
            Status::Packed => "packed",
            Status::Shipped => "shipped",
            Status::Delivered => "delivered",
            Status::Cancelled => "cancelled",
        }
    }

    /// The status of that name, or `None`.
    pub fn parse(name: &str) -> Option<Status> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

/// One line of an order. The price is the one of the day it was placed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    pub sku: String,
    pub name: String,
    pub quantity: u32,
    pub price_cents: i64,
}

/// An order; also, as it stands, the data of `order.updated`. Times are RFC 3339 in UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Store)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    pub order_id: String,
    pub number: i64,
    pub status: Status,
    pub customer: String,
    #[serde(default)]
    pub items: Vec<Item>,
    pub total_cents: i64,
    #[serde(default)]
    pub placed_at: String,
    pub updated_at: String,
    pub version: i64,
}

/// What became of orders that were to be advanced together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advanced {
    pub orders: Vec<Order>,
    /// Why the others were not, a line each.
    pub refused: Vec<String>,
}

/// Something that can be ordered.
#[derive(Clone, Copy, Debug)]
pub struct Product {
    pub sku: &'static str,
    pub name: &'static str,
    pub price_cents: i64,
}

/// All that can be ordered.
pub const CATALOGUE: [Product; 6] = [
    Product { sku: "coffee", name: "Coffee beans, 500 g", price_cents: 1450 },
    Product { sku: "tea", name: "Green tea, 100 g", price_cents: 890 },
    Product { sku: "mug", name: "Stoneware mug", price_cents: 1800 },
    Product { sku: "kettle", name: "Pouring kettle", price_cents: 5900 },
    Product { sku: "grinder", name: "Hand grinder", price_cents: 7450 },
    Product { sku: "filters", name: "Paper filters, 100", price_cents: 650 },
];

/// An amount as people write it: `$1,234.50`.
pub fn money(cents: i64) -> String {
    let whole = (cents / 100).unsigned_abs().to_string();
    let mut text = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    format!("{}${text}.{:02}", if cents < 0 { "-" } else { "" }, (cents % 100).abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_moves_forward_and_is_cancelled_only_before_it_is_shipped() {
        assert_eq!(Status::Placed.next(), Some(Status::Packed));
        assert_eq!(Status::Packed.next(), Some(Status::Shipped));
        assert_eq!(Status::Shipped.next(), Some(Status::Delivered));
        assert_eq!(Status::Delivered.next(), None);
        assert_eq!(Status::Cancelled.next(), None);
        let open: Vec<_> = Status::WAY.into_iter().filter(|status| status.can_cancel()).collect();
        assert_eq!(open, [Status::Placed, Status::Packed]);
    }

    #[test]
    fn amounts_are_grouped_by_thousands() {
        assert_eq!(money(5), "$0.05");
        assert_eq!(money(99_950), "$999.50");
        assert_eq!(money(123_456_789), "$1,234,567.89");
        assert_eq!(money(-1450), "-$14.50");
    }
}
