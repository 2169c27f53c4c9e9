//! Orders: items, status and version, and the catalogue.
//!
//! An order only moves forward: placed → packed → shipped → delivered; it can be cancelled until it is shipped. Each change adds one to
//! its `version`: of two copies, the higher version is the newer.

use crate::model::notification::Notification;
use serde::{Deserialize, Serialize};

/// The status of an order.
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
    /// The steps of an order that is not cancelled, in order.
    pub const STEPS: [Status; 4] = [Status::Placed, Status::Packed, Status::Shipped, Status::Delivered];

    /// Every status.
    pub const ALL: [Status; 5] = [Status::Placed, Status::Packed, Status::Shipped, Status::Delivered, Status::Cancelled];

    /// The next step; `None` where there is none.
    pub fn next(self) -> Option<Status> {
        let here = Self::STEPS.iter().position(|step| *step == self)?;
        Self::STEPS.get(here + 1).copied()
    }

    /// Whether an order of this status can be cancelled: only before it is shipped.
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

/// One item of an order, at the price it had when the order was placed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    pub sku: String,
    pub name: String,
    pub quantity: u32,
    pub price_cents: i64,
}

/// An order; also, as it stands, the data of `order.updated`. Times are RFC 3339 in UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// A step of an order: it got this status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderStep {
    /// The version that the step made; steps that an earlier program did not record are missing.
    pub version: i64,
    pub status: Status,
    /// A user name, or what else made the step; `None` where that was not recorded. For a customer, whoever else made it is [`THE_SHOP`].
    pub by: Option<String>,
    /// RFC 3339, UTC.
    pub at: String,
}

/// Who made a step, as customers are told: the names of the staff are what they sign in with. No user's name.
pub const THE_SHOP: &str = "the shop";

/// The address of an order's page.
pub fn order_path(number: i64) -> String {
    format!("/orders/{number}")
}

/// Where a page is that is known by the order's id alone: it redirects to [`order_path`].
pub fn order_path_of_id(order_id: &str) -> String {
    format!("/orders/{order_id}")
}

/// Notifications that [`OrderDetails`] list; older ones are left out.
pub const NOTIFICATIONS_OF_ORDER: usize = 100;

/// An order with its history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderDetails {
    pub order: Order,
    /// The oldest first.
    pub steps: Vec<OrderStep>,
    /// What was told of it, the newest first; `read` is whether its customer has read it.
    pub notifications: Vec<Notification>,
}

/// The outcome of advancing several orders together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advanced {
    pub orders: Vec<Order>,
    /// Why each of the others was not advanced, one line each.
    pub refused: Vec<String>,
}

/// A product of the catalogue.
#[derive(Clone, Copy, Debug)]
pub struct Product {
    pub sku: &'static str,
    pub name: &'static str,
    pub price_cents: i64,
}

/// Every product that can be ordered.
pub const CATALOGUE: [Product; 6] = [
    Product { sku: "coffee", name: "Coffee beans, 500 g", price_cents: 1450 },
    Product { sku: "tea", name: "Green tea, 100 g", price_cents: 890 },
    Product { sku: "mug", name: "Stoneware mug", price_cents: 1800 },
    Product { sku: "kettle", name: "Pouring kettle", price_cents: 5900 },
    Product { sku: "grinder", name: "Hand grinder", price_cents: 7450 },
    Product { sku: "filters", name: "Paper filters, 100", price_cents: 650 },
];

/// An amount in dollars: `$1,234.50`.
pub fn money(cents: i64) -> String {
    let whole = (cents / 100).unsigned_abs().to_string();
    let mut text = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
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
        let open: Vec<_> = Status::STEPS.into_iter().filter(|status| status.can_cancel()).collect();
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
