//! The arguments of a server function: read from a form, from JSON or from a query, and held against what the function takes.
//!
//! Promises: a refusal names the field and says in plain words what is wrong with it; nothing is dropped in silence: not a field that the
//! function does not take, and not the second value of one that takes one.

mod given;
mod json;

use crate::model::{
    cart,
    error::{Error, Kind},
    filter::{Position, Sort},
    order::Status,
};
use given::Given;

/// What an argument looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// One text, a number or true or false; the function looks at it.
    Text,
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Number,
    /// Where an order stands: a number, or what orders are sorted by, a tilde and a number.
    Position,
    /// The name of a status; empty for any.
    Status,
    /// The name of a sort; empty for the newest first.
    Sort,
    /// Texts: `name[]=a&name[]=b`, or a JSON list.
    List,
    /// Whole numbers by product: `name[mug]=2`, or a JSON object.
    Quantities,
}

/// An argument of a server function.
#[derive(Clone, Copy, Debug)]
struct Argument {
    name: &'static str,
    shape: Shape,
    required: bool,
}

const fn required(name: &'static str, shape: Shape) -> Argument {
    Argument { name, shape, required: true }
}

const fn optional(name: &'static str, shape: Shape) -> Argument {
    Argument { name, shape, required: false }
}

/// The arguments of `/orders.csv`, which is no server function.
const FILE: (&str, &[Argument]) = (
    "orders.csv",
    &[optional("status", Shape::Status), optional("q", Shape::Text), optional("from", Shape::Text), optional("to", Shape::Text)],
);

/// The arguments of each server function. A test holds it against `server_fns.rs`.
const FUNCTIONS: &[(&str, &[Argument])] = &[
    ("sign_in", &[required("username", Shape::Text), required("password", Shape::Text), optional("next", Shape::Text)]),
    ("sign_out", &[]),
    ("change_password", &[required("old", Shape::Text), required("new", Shape::Text)]),
    ("place_order", &[optional("items", Shape::Quantities)]),
    ("cancel_order", &[required("order_id", Shape::Text), optional("version", Shape::Text)]),
    ("advance_order", &[required("order_id", Shape::Text), optional("version", Shape::Text)]),
    ("advance_orders", &[optional("orders", Shape::List)]),
    ("cut_stream", &[required("client_id", Shape::Text)]),
    ("demo_traffic", &[required("on", Shape::Flag)]),
    (
        "notify_user",
        &[
            required("username", Shape::Text),
            required("title", Shape::Text),
            required("message", Shape::Text),
            optional("key", Shape::Text),
        ],
    ),
    ("broadcast", &[required("title", Shape::Text), required("message", Shape::Text), optional("key", Shape::Text)]),
    ("mark_read", &[optional("notification_id", Shape::Text), optional("all", Shape::Text)]),
    (
        "snapshot",
        &[
            optional("before", Shape::Position),
            optional("after", Shape::Position),
            optional("status", Shape::Status),
            optional("q", Shape::Text),
            optional("from", Shape::Text),
            optional("to", Shape::Text),
            optional("sort", Shape::Sort),
        ],
    ),
    ("order", &[optional("number", Shape::Number), optional("order_id", Shape::Text)]),
    ("notifications", &[optional("before", Shape::Text), optional("after", Shape::Text)]),
    ("audit", &[required("from", Shape::Text), required("through", Shape::Text), optional("ids", Shape::Flag)]),
    ("demo_people", &[]),
    ("usernames", &[]),
    ("set_preference", &[required("name", Shape::Text), required("value", Shape::Text)]),
];

/// Arguments that the function takes, each in its shape.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Arguments(Vec<Given>);

impl Arguments {
    /// Reads a form or a query (`application/x-www-form-urlencoded`) for the function of that name.
    pub fn of_form(function: &str, form: &[u8]) -> Result<Self, Error> {
        Self(given::read_form(form)?).checked(function)
    }

    /// Reads a JSON object. A field that is `null` is left out.
    pub fn of_json(function: &str, json: &[u8]) -> Result<Self, Error> {
        Self(json::read(json)?).checked(function)
    }

    /// As a form that leptos reads.
    pub fn to_form(&self) -> String {
        let fields: Vec<_> = self.0.iter().map(Given::to_form).collect();
        fields.join("&")
    }

    /// The value of a field, if it was given.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|given| given.name == name && given.key.is_none()).map(|given| given.value.as_str())
    }

    /// Each field as a form writes it (`title`, `items[mug]`), and its value.
    pub fn fields(&self) -> impl Iterator<Item = (String, &str)> {
        self.0.iter().map(|given| (given.field(), given.value.as_str()))
    }

    fn checked(mut self, function: &str) -> Result<Self, Error> {
        let takes = FUNCTIONS.iter().chain([&FILE]).find(|(name, _)| *name == function).map_or(&[][..], |(_, arguments)| arguments);
        for given in &self.0 {
            let argument = takes.iter().find(|argument| argument.name == given.name).ok_or_else(|| unknown(given, function, takes))?;
            argument.check(given)?;
        }
        let is_single = |given: &Given| given.key.as_deref() != Some("");
        let mut seen = self.0.iter().enumerate().filter(|(_, given)| is_single(given));
        if let Some((_, twice)) = seen.find(|(index, given)| self.0[..*index].iter().any(|before| before.field() == given.field())) {
            return Err(malformed(&twice.field(), "is given twice"));
        }
        if let Some(missing) = takes.iter().find(|argument| argument.required && self.0.iter().all(|given| given.name != argument.name)) {
            return Err(malformed(missing.name, "is missing"));
        }
        // A form sends a filter that was left empty.
        let is_filter =
            |name: &str| takes.iter().any(|argument| argument.name == name && matches!(argument.shape, Shape::Number | Shape::Position));
        self.0.retain(|given| !(given.value.is_empty() && is_filter(&given.name)));
        Ok(self)
    }
}

impl Argument {
    fn check(&self, given: &Given) -> Result<(), Error> {
        let (field, value) = (given.field(), given.value.trim());
        match (self.shape, given.key.as_deref()) {
            (Shape::Text, None) => Ok(()),
            (Shape::Flag, None) if matches!(given.value.as_str(), "true" | "false") => Ok(()),
            (Shape::Flag, None) => Err(malformed(&field, "must be true or false")),
            (Shape::Number, None) if value.is_empty() || value.parse::<i64>().is_ok() => Ok(()),
            (Shape::Number, None) => Err(malformed(&field, "must be a whole number")),
            (Shape::Position, None) if given.value.is_empty() || Position::parse(&given.value).is_some() => Ok(()),
            (Shape::Position, None) => Err(malformed(&field, "must be a whole number")),
            (Shape::Status, None) if given.value.is_empty() || Status::parse(&given.value).is_some() => Ok(()),
            (Shape::Status, None) => {
                let all: Vec<_> = Status::ALL.iter().map(|status| status.as_str()).collect();
                Err(malformed(&field, &format!("must be one of {}", all.join(", "))))
            }
            (Shape::Sort, None) if given.value.is_empty() || Sort::parse(&given.value).is_some() => Ok(()),
            (Shape::Sort, None) => {
                let all: Vec<_> = Sort::ALL.iter().map(|sort| sort.as_str()).collect();
                Err(malformed(&field, &format!("must be one of {}", all.join(", "))))
            }
            (Shape::List, Some("")) => Ok(()),
            (Shape::List, _) => Err(malformed(self.name, "must be a list, such as orders[]=7")),
            (Shape::Quantities, Some("") | None) => Err(malformed(self.name, "must be quantities by product, such as items[mug]=2")),
            (Shape::Quantities, Some(sku)) if !cart::is_product(sku) => Err(cart::no_such_product(sku)),
            (Shape::Quantities, Some(_)) if value.is_empty() || value.parse::<u32>().is_ok() => Ok(()),
            (Shape::Quantities, Some(_)) => Err(malformed(&field, "must be a whole number, 0 or more")),
            (_, Some(_)) => Err(malformed(self.name, "must be one value")),
        }
    }
}

/// It cannot be read: the field, and what is wrong with it.
fn malformed(field: &str, why: &str) -> Error {
    Error::new(Kind::Malformed, format!("`{field}` {why}")).at(field)
}

fn unknown(given: &Given, function: &str, takes: &[Argument]) -> Error {
    let names: Vec<_> = takes.iter().map(|argument| format!("`{}`", argument.name)).collect();
    let takes = if names.is_empty() { "nothing".into() } else { names.join(", ") };
    Error::new(Kind::Malformed, format!("`{}` is not known here: {function} takes {takes}", given.short_field()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server_fns::*;
    use leptos::server_fn::{ServerFn, axum::server_fn_paths};
    use serde::{
        Deserializer,
        de::{DeserializeOwned, Error as _, Visitor, value::Error as Refusal},
        forward_to_deserialize_any,
    };
    use std::collections::BTreeSet;

    /// Learns which fields a type asks for.
    struct FieldNames<'a>(&'a mut &'static [&'static str]);

    impl<'de> Deserializer<'de> for FieldNames<'_> {
        type Error = Refusal;

        fn deserialize_struct<V: Visitor<'de>>(self, _: &'static str, fields: &'static [&'static str], _: V) -> Result<V::Value, Refusal> {
            *self.0 = fields;
            Err(Refusal::custom("asked for fields"))
        }

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Refusal> {
            Err(Refusal::custom("asked for no fields"))
        }

        forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq
            tuple tuple_struct map enum identifier ignored_any
        }
    }

    fn arguments_of<S: ServerFn + DeserializeOwned>() -> (String, Vec<&'static str>) {
        let mut names: &'static [&'static str] = &[];
        let _ = S::deserialize(FieldNames(&mut names));
        (S::PATH.into(), names.to_vec())
    }

    #[test]
    fn the_table_has_each_server_function_with_its_arguments() {
        let declared = [
            arguments_of::<SignIn>(),
            arguments_of::<SignOut>(),
            arguments_of::<ChangePassword>(),
            arguments_of::<PlaceOrder>(),
            arguments_of::<CancelOrder>(),
            arguments_of::<AdvanceOrder>(),
            arguments_of::<AdvanceOrders>(),
            arguments_of::<CutStream>(),
            arguments_of::<DemoTraffic>(),
            arguments_of::<NotifyUser>(),
            arguments_of::<Broadcast>(),
            arguments_of::<MarkRead>(),
            arguments_of::<GetSnapshot>(),
            arguments_of::<GetOrder>(),
            arguments_of::<GetNotifications>(),
            arguments_of::<GetAudit>(),
            arguments_of::<DemoPeople>(),
            arguments_of::<Usernames>(),
            arguments_of::<SetPreference>(),
        ];
        let table = FUNCTIONS.iter().map(|(name, arguments)| {
            let names = arguments.iter().map(|argument| argument.name).collect::<Vec<_>>();
            (format!("/api/{name}"), names)
        });
        assert_eq!(table.collect::<Vec<_>>(), declared);
        let registered: BTreeSet<_> = server_fn_paths().map(|(path, _)| path.to_owned()).collect();
        assert_eq!(declared.into_iter().map(|(path, _)| path).collect::<BTreeSet<_>>(), registered);
    }

    #[test]
    fn json_and_a_form_mean_the_same() {
        let json = br#"{"title": "a&b=[c]%", "message": "line\nline", "key": null}"#;
        let arguments = Arguments::of_json("broadcast", json).unwrap();
        assert_eq!(arguments.to_form(), "title=a%26b%3D%5Bc%5D%25&message=line%0Aline");
        assert_eq!(Arguments::of_form("broadcast", arguments.to_form().as_bytes()).unwrap(), arguments);
        assert_eq!(arguments.get("title"), Some("a&b=[c]%"));

        let items = Arguments::of_json("place_order", br#"{"items": {"mug": 2, "tea": "1"}}"#).unwrap();
        assert_eq!(items.to_form(), "items[mug]=2&items[tea]=1");
        assert_eq!(Arguments::of_form("place_order", b"items%5Bmug%5D=2&items[tea]=1").unwrap(), items);
        let orders = Arguments::of_json("advance_orders", br#"{"orders": ["a@1", "a@1"]}"#).unwrap();
        assert_eq!(orders.to_form(), "orders[]=a%401&orders[]=a%401");
        assert_eq!(Arguments::of_form("advance_orders", b"orders[0]=a@1&orders%5B%5D=a%401").unwrap(), orders);
        assert_eq!(Arguments::of_json("mark_read", br#"{"all": true}"#).unwrap().to_form(), "all=true");
        assert_eq!(Arguments::of_form("snapshot", b"before=&q=a+b").unwrap().to_form(), "q=a%20b");
    }

    #[test]
    fn a_refusal_names_the_field_and_says_what_is_wrong_with_it() {
        let refusals = [
            ("broadcast", "title=t", "`message` is missing", Some("message")),
            ("broadcast", "title=t&title=u&message=m", "`title` is given twice", Some("title")),
            ("broadcast", "title=%ff&message=m", "`title` is no UTF-8", Some("title")),
            ("broadcast", "title[a]=t&message=m", "`title` must be one value", Some("title")),
            ("broadcast", "title[]=t&message=m", "`title` must be one value", Some("title")),
            ("broadcast", "title=t&message=m&to=ada", "`to` is not known here: broadcast takes `title`, `message`, `key`", None),
            ("advance_order", "order_id=7&verson=1", "`verson` is not known here: advance_order takes `order_id`, `version`", None),
            ("sign_out", "all=true", "`all` is not known here: sign_out takes nothing", None),
            ("demo_traffic", "on=yes", "`on` must be true or false", Some("on")),
            ("advance_orders", "orders=7", "`orders` must be a list, such as orders[]=7", Some("orders")),
            ("place_order", "items=mug", "`items` must be quantities by product, such as items[mug]=2", Some("items")),
            ("place_order", "items[mug]=lots", "`items[mug]` must be a whole number, 0 or more", Some("items[mug]")),
            ("place_order", "items[mug]=-1", "`items[mug]` must be a whole number, 0 or more", Some("items[mug]")),
            ("place_order", "items[mug]=1&items[mug]=2", "`items[mug]` is given twice", Some("items[mug]")),
            ("place_order", "items[mug][a]=1", "`items[mug][a]` cannot be read", None),
            ("snapshot", "before=x", "`before` must be a whole number", Some("before")),
            ("snapshot", "status=x", "`status` must be one of placed, packed, shipped, delivered, cancelled", Some("status")),
            ("snapshot", "after=x", "`after` must be a whole number", Some("after")),
            ("snapshot", "sort=x", "`sort` must be one of -number, number, -total, total, -updated, updated", Some("sort")),
            ("snapshot", "q=a&q=b", "`q` is given twice", Some("q")),
            ("snapshot", "%ff=a", "a field's name is no UTF-8", None),
        ];
        for (function, form, line, field) in refusals {
            let refusal = Arguments::of_form(function, form.as_bytes()).unwrap_err();
            assert_eq!((refusal.error.as_str(), refusal.field.as_deref()), (line, field), "{form}");
            assert_eq!(refusal.kind, Kind::Malformed, "{form}");
        }
        let unicorn = Arguments::of_form("place_order", b"items[unicorn]=1").unwrap_err();
        assert_eq!((unicorn.kind, unicorn.error.contains("no product \"unicorn\"")), (Kind::Invalid, true), "{unicorn:?}");
    }

    #[test]
    fn a_refusal_of_json_has_no_words_of_the_parser() {
        let refusals = [
            ("broadcast", "{", "the body is no JSON: it ends too early"),
            ("broadcast", "{\"title\":\n x}", "the body is no JSON: line 2, column 2"),
            ("broadcast", "[]", "the body is no JSON object"),
            ("broadcast", "7", "the body is no JSON object"),
            ("broadcast", r#"{"title": "t"}"#, "`message` is missing"),
            ("broadcast", r#"{"title": "t", "message": null}"#, "`message` is missing"),
            ("broadcast", r#"{"title": "t", "title": "u", "message": "m"}"#, "`title` is given twice"),
            ("broadcast", r#"{"title": ["t"], "message": "m"}"#, "`title` must be one value"),
            ("broadcast", r#"{"title": {"a": {"b": 1}}, "message": "m"}"#, "`title[a]` cannot be read"),
            ("advance_orders", r#"{"orders": {"a": 1}}"#, "`orders` must be a list, such as orders[]=7"),
            ("place_order", r#"{"items": ["mug"]}"#, "`items` must be quantities by product, such as items[mug]=2"),
            ("place_order", r#"{"items": {"mug": 1, "mug": 2}}"#, "`items[mug]` is given twice"),
            ("place_order", r#"{"items": {"mug": 1.5}}"#, "`items[mug]` must be a whole number, 0 or more"),
        ];
        for (function, json, line) in refusals {
            let refusal = Arguments::of_json(function, json.as_bytes()).unwrap_err();
            assert_eq!((refusal.kind, refusal.error.as_str()), (Kind::Malformed, line), "{json}");
        }
    }
}
