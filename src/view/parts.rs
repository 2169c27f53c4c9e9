//! Small parts that several views share.

use crate::error::Error;
use leptos::{html, prelude::*, server_fn::ServerFn};

/// What went wrong in the last call of `action`; nothing where it went well. Screen readers announce it.
#[component]
pub fn Refusal<S>(action: ServerAction<S>) -> impl IntoView
where
    S: ServerFn<Error = Error> + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
{
    let error = move || action.value().with(|answer| answer.as_ref().and_then(|answer| answer.as_ref().err().cloned()));
    view! {
        <div aria-live="assertive">
            {move || error().map(|error| view! { <p class="refusal" data-kind=format!("{:?}", error.kind)>{error.error}</p> })}
        </div>
    }
}

/// Empties `form` once `action` has gone well.
pub fn reset_after<S>(action: ServerAction<S>, form: NodeRef<html::Form>)
where
    S: ServerFn<Error = Error> + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
{
    Effect::new(move |_| {
        let went_well = action.value().with(|answer| matches!(answer, Some(Ok(_))));
        if let (true, Some(form)) = (went_well, form.get_untracked()) {
            form.reset();
        }
    });
}

/// A time of the server's, exact to the second where the mouse rests.
#[component]
pub fn Time(
    /// RFC 3339, in UTC.
    #[prop(into)]
    at: Signal<String>,
) -> impl IntoView {
    view! {
        <time datetime=at title=move || at.with(|at| format!("{} UTC", at.get(..19).unwrap_or(at).replace('T', " ")))>
            {move || at.with(|at| short(at))}
        </time>
    }
}

/// `22 Nov, 14:05` from RFC 3339; the text itself where it is something else.
fn short(at: &str) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let read = || {
        let month = MONTHS.get(at.get(5..7)?.parse::<usize>().ok()?.checked_sub(1)?)?;
        let day: u8 = at.get(8..10)?.parse().ok()?;
        Some(format!("{day} {month}, {}", at.get(11..16)?))
    };
    read().unwrap_or_else(|| at.to_owned())
}

/// Tells tests and style sheets that the page is alive: forms are taken over, and what happens is shown.
#[component]
pub fn Hydrated() -> impl IntoView {
    Effect::new(|_| {
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute("data-hydrated", "");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn times_are_short_and_odd_ones_stay() {
        assert_eq!(short("2026-11-02T14:05:59.123Z"), "2 Nov, 14:05");
        assert_eq!(short("2026-13-02T14:05:59.123Z"), "2026-13-02T14:05:59.123Z");
        assert_eq!(short("soon"), "soon");
    }
}
