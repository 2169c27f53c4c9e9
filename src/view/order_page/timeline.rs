//! What has become of an order: its steps and what its customer was told, the oldest first. So it grows at its end, and nothing in it
//! moves (but for a message to which another program has given a time of its own).

use crate::{
    model::{notification::Notification, order::OrderStep, user::User},
    server_fns::MarkRead,
    view::{
        form::{Form, FormCall},
        orders::status_label,
        time::RelativeTime,
    },
};
use leptos::prelude::*;

#[component]
pub fn Timeline(steps: Vec<OrderStep>, notifications: Vec<Notification>, user: User) -> impl IntoView {
    let steps = steps.into_iter().map(|step| {
        let at = step.at.clone();
        (at, view! { <Step step user=user.clone() /> }.into_any())
    });
    let told = notifications.into_iter().rev().map(|notification| {
        let at = notification.timestamp.clone();
        (at, view! { <Told notification user=user.clone() /> }.into_any())
    });
    let mut entries: Vec<_> = steps.chain(told).collect();
    // Stable: what a step has told stands below it.
    entries.sort_by(|(one, _), (other, _)| one.cmp(other));
    let entries: Vec<_> = entries.into_iter().map(|(_, entry)| entry).collect();
    view! {
        <section class="card" aria-labelledby="timeline-title">
            <h2 id="timeline-title">"Timeline"</h2>
            <ol class="timeline">{entries}</ol>
        </section>
    }
}

#[component]
fn Step(step: OrderStep, user: User) -> impl IntoView {
    let OrderStep { status, by, at, .. } = step;
    let by = by.map(|by| if by == user.username { "you".into() } else { by });
    view! {
        <li data-status=status.as_str()>
            <p><strong>{status_label(status)}</strong> {by.map(|by| view! { " by " <bdi>{by}</bdi> })}</p>
            <RelativeTime at />
        </li>
    }
}

/// For the customer, whether they have read it: the staff's page is told of no reading.
#[component]
fn Told(notification: Notification, user: User) -> impl IntoView {
    let Notification { id, title, message, timestamp, read, .. } = notification;
    let is_mine = !user.is_staff();
    let call = FormCall::new::<MarkRead>();
    view! {
        <li class="told" data-read=is_mine.then(|| read.to_string())>
            <p><strong dir="auto">{title}</strong></p>
            <RelativeTime at=timestamp />
            <p class="told-message" dir="auto">{message}</p>
            <small>{if is_mine { "Message to you" } else { "Message to the customer" }}</small>
            {is_mine.then(|| view! {
                <Form call hidden=read>
                    <input type="hidden" name="notification_id" value=id />
                    <button class="link">"Mark as read"</button>
                </Form>
            })}
        </li>
    }
}
