//! What a form has done, in a line for its page.

use super::arguments::Arguments;
use crate::model::order::{Advanced, Order, Status, order_path};

/// The line, from what the server function of that path answered; `None` where the page that follows says it by itself.
pub fn notice(function: &str, arguments: &Arguments, json: &[u8]) -> Option<String> {
    match function {
        "/api/sign_in" | "/api/set_preference" => None,
        "/api/sign_out" => Some("You are signed out.".into()),
        "/api/change_password" => Some("Password changed. You are signed out everywhere else.".into()),
        "/api/place_order" | "/api/advance_order" | "/api/cancel_order" => {
            let order: Order = serde_json::from_slice(json).ok()?;
            Some(format!("Order {} is {}.", order.number, order.status.as_str()))
        }
        "/api/advance_orders" => serde_json::from_slice(json).ok().map(|advanced| together(&advanced)),
        "/api/notify_user" | "/api/broadcast" => Some("Sent.".into()),
        "/api/mark_read" => Some("Marked as read.".into()),
        "/api/cut_stream" => Some("Disconnected.".into()),
        "/api/demo_traffic" if arguments.get("on") == Some("true") => Some("Demo traffic is on.".into()),
        "/api/demo_traffic" => Some("Demo traffic is off.".into()),
        _ => Some("Done.".into()),
    }
}

/// The address of what the server function has made.
pub fn link(function: &str, json: &[u8]) -> Option<String> {
    let order: Option<Order> = (function == "/api/place_order").then(|| serde_json::from_slice(json).ok()).flatten();
    order.map(|order| order_path(order.number))
}

/// `3 packed, 1 shipped; order 4 is already cancelled.`
fn together(advanced: &Advanced) -> String {
    let count = |status| advanced.orders.iter().filter(|order| order.status == status).count();
    let moved = Status::STEPS.into_iter().map(|status| (count(status), status.as_str())).filter(|(count, _)| *count > 0);
    let moved: Vec<_> = moved.map(|(count, status)| format!("{count} {status}")).collect();
    let moved = if moved.is_empty() { "None advanced".to_owned() } else { moved.join(", ") };
    let refused = advanced.refused.iter().map(|reason| format!("; {reason}")).collect::<String>();
    format!("{moved}{refused}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_orders_are_counted_by_what_they_are_now_and_each_refusal_is_told() {
        let order = |status| Order {
            order_id: "a".into(),
            number: 7,
            status,
            customer: "ada".into(),
            items: Vec::new(),
            total_cents: 0,
            placed_at: String::new(),
            updated_at: String::new(),
            version: 2,
        };
        let orders = vec![order(Status::Packed), order(Status::Shipped), order(Status::Packed)];
        let line = together(&Advanced { orders, refused: vec!["order 4 is already cancelled".into()] });
        assert_eq!(line, "2 packed, 1 shipped; order 4 is already cancelled.");
        assert_eq!(together(&Advanced { orders: Vec::new(), refused: vec!["order 4 is gone".into()] }), "None advanced; order 4 is gone.");
    }
}
