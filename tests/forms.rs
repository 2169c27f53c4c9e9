//! Forms that a browser sends itself, without JavaScript: what became of one is shown on its page, once, and the address says nothing of it.

mod common;

use common::{Program, TestUser};
use reqwest::{RequestBuilder, Response, StatusCode, header};
use serde_json::{Value, json};

/// What a browser accepts.
const HTML: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

#[tokio::test]
async fn a_refused_form_comes_back_once_with_its_refusal_and_what_was_typed() {
    let program = Program::start(&[]);
    let ops = program.user("ops").await;
    let fields = [("username", "nobody"), ("title", "A \"title\" & more"), ("message", "\nOne <b>line</b>\nand another"), ("key", "key-1")];
    let address = post(&ops, "notify_user", "/console?q=mug", &fields).await;
    assert_eq!(address, "/console?q=mug", "the address is the page's");
    let page = get(&ops, &address).await;
    assert!(page.contains("there is no user &quot;nobody&quot;") || page.contains("there is no user \"nobody\""), "{page}");
    assert_eq!(values(&page, "username"), ["nobody"]);
    assert_eq!(values(&page, "title"), ["A &quot;title&quot; &amp; more"]);
    assert!(page.contains(">\n\nOne &lt;b>line&lt;/b>\nand another</textarea>"), "a browser drops the first line end");
    assert!(values(&page, "key").contains(&"key-1"), "the message is the same one when it is sent again");

    let page = get(&ops, &address).await;
    assert!(!page.contains("nobody") && !page.contains("another</textarea>"), "it comes back once");
}

#[tokio::test]
async fn a_refused_order_comes_back_with_its_quantities() {
    let program = Program::start(&[]);
    let ada = program.user("ada").await;
    let address = post(&ada, "place_order", "/", &[("items[mug]", "100"), ("items[tea]", "2")]).await;
    let page = get(&ada, &address).await;
    assert!(page.contains("at most 99 of mug in one order"), "{page}");
    assert_eq!((values(&page, "items[mug]"), values(&page, "items[tea]")), (vec!["100"], vec!["2"]));
    assert_eq!(values(&get(&ada, &address).await, "items[mug]"), ["0"]);
}

#[tokio::test]
async fn a_wrong_password_keeps_the_name_and_where_sign_in_leads_but_no_password() {
    let program = Program::start(&[]);
    let browser = program.anonymous();
    let fields = [("username", "ada"), ("password", "wrong-secret"), ("next", "/?before=7")];
    let address = post(&browser, "sign_in", "/sign-in?next=%2F%3Fbefore%3D7", &fields).await;
    assert_eq!(address, "/sign-in?next=%2F%3Fbefore%3D7");
    let page = get(&browser, &address).await;
    assert!(page.contains("wrong user name or password"));
    assert_eq!(
        (values(&page, "username"), values(&page, "next")),
        (vec!["ada"], vec!["/?before=7"; 2]),
        "the demo's buttons lead there too"
    );
    assert!(!page.contains("wrong-secret"));
    assert!(!get(&browser, &address).await.contains("wrong user name"), "it is told once");
    assert_eq!(
        post(&browser, "sign_in", &address, &[("username", "ada"), ("password", "demo"), ("next", "/?before=7")]).await,
        "/?before=7"
    );
}

#[tokio::test]
async fn a_form_that_succeeds_says_so_once() {
    let program = Program::start(&[]);
    let (ada, ops) = (program.user("ada").await, program.user("ops").await);
    let page = outcome(&ada, "place_order", "/", &[("items[mug]", "2")]).await;
    assert_eq!(notice(&page), Some("Order 1001 is placed."));
    assert_eq!(notice(&get(&ada, "/").await), None);
    let order = ada.snapshot().await["orders"][0].clone();
    let seen = [("order_id", text(&order["orderId"])), ("version", "1")];
    assert_eq!(notice(&outcome(&ops, "advance_order", "/console", &seen).await), Some("Order 1001 is packed."));

    let (cancelled, placed) = (ada.place_order().await, ada.place_order().await);
    ada.call_ok("cancel_order", json!({ "order_id": cancelled["orderId"] })).await;
    let orders = [("orders[]", text(&cancelled["orderId"])), ("orders[]", text(&placed["orderId"])), ("orders[]", text(&order["orderId"]))];
    let page = outcome(&ops, "advance_orders", "/console", &orders).await;
    assert_eq!(notice(&page), Some("1 packed, 1 shipped; order 1002 is already cancelled."));
    let message = [("username", "ada"), ("title", "t"), ("message", "m")];
    let page = outcome(&ops, "notify_user", "/console", &message).await;
    assert_eq!(notice(&page), Some("Sent."));
    assert_eq!(values(&page, "username"), [""; 0], "what was sent does not come back");
    assert_eq!(notice(&outcome(&ada, "mark_read", "/", &[("all", "true")]).await), Some("Marked as read."));
}

#[tokio::test]
async fn a_stale_page_is_told_at_the_row_what_the_order_is_now() {
    let program = Program::start(&[]);
    let (ada, ops) = (program.user("ada").await, program.user("ops").await);
    let (order, other) = (ada.place_order().await, ada.place_order().await);
    ops.call_ok("advance_order", json!({ "order_id": order["orderId"] })).await;
    let stale = [("order_id", text(&order["orderId"])), ("version", "1")];
    // A customer is not told who of the staff it was.
    let (line, to_customer) =
        ("order 1001 was changed meanwhile by ops: it is packed now", "order 1001 was changed meanwhile: it is packed now");
    for (who, function, path, line) in
        [(&ops, "advance_order", "/console", line), (&ops, "cancel_order", "/console", line), (&ada, "cancel_order", "/", to_customer)]
    {
        let page = outcome(who, function, path, &stale).await;
        let row = row(&page, 1001);
        assert!(row.contains(line) && row.contains("data-status=\"packed\""), "{function}: {row}");
        assert_eq!(page.matches(line).count(), 1, "{function}: at the row and nowhere else");
    }
    // Where the page does not show the row, the refusal is shown above the orders.
    let page = outcome(&ops, "advance_order", "/console?status=delivered", &stale).await;
    assert!(page.contains(line) && !page.contains("data-number=\"1001\""));
    assert_eq!(other["number"], 1002);
}

#[tokio::test]
async fn a_form_is_redirected_to_a_page_of_this_site_and_nowhere_else() {
    let program = Program::start(&[]);
    let ada = program.user("ada").await;
    let base = &program.base;
    let host = program.address();
    let referers = [
        (format!("{base}/wire"), "/wire"),
        (format!("{base}/?status=placed&q=a%20b"), "/?status=placed&q=a%20b"),
        (format!("https://{host}/wire"), "/wire"),
        (format!("{base}/wire?{}", "x".repeat(2_000)), "/wire"),
        (format!("{base}/wire?to=//evil.example"), "/wire"),
        (format!("{base}/api/snapshot"), "/"),
        (format!("{base}/nowhere"), "/"),
        (format!("{base}//evil.example/"), "/"),
        (format!("{base}.evil.example/wire"), "/"),
        (format!("http://{host}@evil.example/wire"), "/"),
        ("https://evil.example/wire".into(), "/"),
        ("/wire".into(), "/"),
        ("javascript:alert(1)".into(), "/"),
        (String::new(), "/"),
    ];
    for (referer, page) in referers {
        for items in ["0", "1"] {
            let request = form(&ada, "place_order", &[("items[mug]", items)]).header(header::REFERER, &referer);
            assert_eq!(location(&request.send().await.unwrap()), page, "{referer:?}");
        }
    }
    for (items, page) in [("0", "/?again=1001"), ("1", "/")] {
        let again = form(&ada, "place_order", &[("items[mug]", items)]).header(header::REFERER, format!("{base}/?again=1001"));
        assert_eq!(location(&again.send().await.unwrap()), page, "the basket is filled again until it is ordered");
    }
    let request = form(&ada, "place_order", &[("items[mug]", "1")]);
    assert_eq!(location(&request.send().await.unwrap()), "/", "without a referer, the user's own page");
    let next = [("username", "ada"), ("password", "wrong"), ("next", "/wire")];
    let request = form(&program.anonymous(), "sign_in", &next);
    assert_eq!(location(&request.send().await.unwrap()), "/sign-in?next=%2Fwire");
}

/// The page is in a tab from before another user has signed in in this browser.
#[tokio::test]
async fn what_became_of_a_form_on_another_roles_page_is_told_on_the_users_own() {
    let program = Program::start(&[]);
    let (ada, ops) = (program.user("ada").await, program.user("ops").await);
    let message = [("title", "t"), ("message", "m")];
    assert_eq!(post(&ada, "broadcast", "/console?before=7", &message).await, "/");
    assert!(get(&ada, "/").await.contains("only staff may do this"));
    assert_eq!(post(&ops, "place_order", "/", &[("items[mug]", "1")]).await, "/console");
    assert!(get(&ops, "/console").await.contains("only customers place orders"));
    assert_eq!(post(&ada, "place_order", "/wire", &[("items[mug]", "1")]).await, "/wire", "it is everybody's");
}

#[tokio::test]
async fn a_get_is_answered_in_json_whatever_it_accepts() {
    let program = Program::start(&[]);
    let ada = program.user("ada").await;
    for (who, path, status) in [(&ada, "snapshot", 200), (&program.anonymous(), "snapshot", 401), (&ada, "snapshot?before=x", 400)] {
        let request = who.http.get(format!("{}/api/{path}", program.base)).header(header::ACCEPT, HTML);
        let answer = request.header(header::REFERER, "https://elsewhere.example/").send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        assert_eq!(answer.headers().get(header::LOCATION), None, "{path}");
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/json", "{path}");
        assert!(answer.json::<Value>().await.unwrap().is_object(), "{path}");
    }
    let sign_in = ada.http.post(format!("{}/api/sign_in", program.base)).form(&[("username", "ada"), ("password", "demo")]);
    let answer = sign_in.send().await.unwrap();
    assert_eq!((answer.status(), answer.headers().get(header::LOCATION)), (StatusCode::OK, None), "a program gets JSON");
}

#[tokio::test]
async fn a_crafted_address_shows_nothing() {
    let program = Program::start(&[]);
    let error = "eyJlcnJvciI6IllvdXIgYWNjb3VudCBpcyBsb2NrZWQiLCJraW5kIjoiaW52YWxpZCJ9";
    let crafted = |path: &str, function: &str| format!("{path}?__path=%2Fapi%2F{function}&__err={error}");
    for (who, address) in [
        (program.anonymous(), crafted("/sign-in", "sign_in")),
        (program.user("ada").await, crafted("/", "place_order")),
        (program.user("ops").await, crafted("/console", "broadcast")),
    ] {
        assert!(!get(&who, &address).await.contains("account is locked"), "{address}");
    }
}

#[tokio::test]
async fn what_was_typed_when_the_session_had_ended_comes_back_after_the_sign_in() {
    let program = Program::start(&[]);
    for function in ["broadcast", "broadcast?keep"] {
        let browser = program.anonymous();
        let address = post(&browser, function, "/console?q=mug", &[("title", "Early closing"), ("message", "At four.")]).await;
        assert_eq!(address, "/sign-in?next=%2Fconsole%3Fq%3Dmug", "{function}");
        let page = get(&browser, &address).await;
        assert!(page.contains("what you have typed comes back once you have signed in") && !page.contains("At four."), "{page}");
        let wrong = post(&browser, "sign_in", &address, &[("username", "ops"), ("password", "wrong"), ("next", "/console?q=mug")]).await;
        assert_eq!(wrong, address, "a wrong password loses nothing");
        get(&browser, "/console?q=mug").await;
        let next = post(&browser, "sign_in", &address, &[("username", "ops"), ("password", "demo"), ("next", "/console?q=mug")]).await;
        let page = get(&browser, &next).await;
        assert!(page.contains("you were signed out before this was sent; send it again"), "{page}");
        assert_eq!(values(&page, "title"), ["Early closing"]);
        assert!(page.contains("At four.</textarea>"));
        assert!(!get(&browser, &next).await.contains("At four."), "once");
    }
    assert_eq!(program.user("ada").await.snapshot().await["unread"], 0, "it was not sent");
}

/// Whoever is signed in is another user than the page's, whose session has ended.
#[tokio::test]
async fn a_form_that_is_only_to_be_kept_is_not_sent_for_another_user_and_not_shown_to_them() {
    let program = Program::start(&[]);
    let ops = program.user("ops").await;
    let address = post(&ops, "broadcast?keep", "/console", &[("title", "Early closing"), ("message", "At four.")]).await;
    assert_eq!(address, "/sign-in?next=%2Fconsole");
    assert_eq!(program.user("ada").await.snapshot().await["unread"], 0);
    assert!(!get(&ops, "/console").await.contains("At four."));
}

#[tokio::test]
async fn nobody_else_is_shown_what_became_of_a_form() {
    let program = Program::start(&[]);
    let browser = program.user("ada").await;
    let refused = [("items[mug]", "100")];
    assert_eq!(post(&browser, "place_order", "/", &refused).await, "/");
    assert!(!get(&program.user("ada").await, "/").await.contains("at most 99"), "another browser");
    browser.call_ok("sign_in", json!({ "username": "grace", "password": "demo" })).await;
    assert!(!get(&browser, "/").await.contains("at most 99"), "another user in the same browser");
    browser.call_ok("sign_in", json!({ "username": "ada", "password": "demo" })).await;
    assert!(get(&browser, "/").await.contains("at most 99"), "it has waited for her");

    // What nobody was signed in for goes with a sign-out.
    let stranger = program.anonymous();
    post(&stranger, "place_order", "/", &[("items[mug]", "77")]).await;
    stranger.call_ok("sign_in", json!({ "username": "grace", "password": "demo" })).await;
    let before = stranger.cookie();
    assert_eq!(post(&stranger, "sign_out", "/", &[]).await, "/sign-in");
    assert!(
        stranger.cookie().contains("orderwire-flash=") && stranger.cookie() != before,
        "another cookie: the back/forward cache notices"
    );
    assert_eq!(notice(&get(&stranger, "/sign-in").await), Some("You are signed out."));
    stranger.call_ok("sign_in", json!({ "username": "ada", "password": "demo" })).await;
    assert_eq!(values(&get(&stranger, "/").await, "items[mug]"), ["0"]);
}

#[tokio::test]
async fn who_floods_the_server_with_refused_forms_is_refused_without_a_page() {
    let program = Program::start(&[]);
    let mut refused = 0;
    for _ in 0..300 {
        let answer = form(&program.anonymous(), "broadcast", &[("title", "t"), ("message", "m")]).send().await.unwrap();
        match answer.status() {
            StatusCode::SEE_OTHER => {}
            status => {
                assert_eq!(status, StatusCode::UNAUTHORIZED);
                assert_eq!(answer.headers().get(header::SET_COOKIE), None);
                refused += 1;
            }
        }
    }
    assert!(refused > 0);
    let ada = program.user("ada").await;
    assert_eq!(notice(&outcome(&ada, "place_order", "/", &[("items[mug]", "1")]).await), Some("Order 1001 is placed."), "others are not");
}

#[tokio::test]
async fn the_flash_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let cookie = async |flags: &[&str]| {
        let program = Program::start(flags);
        let request = form(&program.anonymous(), "sign_in", &[("username", "ada"), ("password", "wrong")]);
        request.send().await.unwrap().headers()[header::SET_COOKIE].to_str().unwrap().to_owned()
    };
    let plain = cookie(&[]).await;
    assert!(plain.starts_with("orderwire-flash=") && plain.ends_with("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax"), "{plain}");
    let secure = cookie(&["--public-url", "https://orders.example"]).await;
    assert!(secure.starts_with("__Host-orderwire-flash=") && secure.ends_with("; SameSite=Lax; Secure"), "{secure}");
}

/// Posts a form on `page` as a browser does; returns the address that it is redirected to.
async fn post(browser: &TestUser, function: &str, page: &str, fields: &[(&str, &str)]) -> String {
    let request = form(browser, function, fields).header(header::REFERER, format!("{}{page}", browser.base));
    location(&request.header("sec-fetch-site", "same-origin").send().await.unwrap())
}

/// Likewise; returns the page that it is redirected to.
async fn outcome(browser: &TestUser, function: &str, page: &str, fields: &[(&str, &str)]) -> String {
    let address = post(browser, function, page, fields).await;
    assert_eq!(address, page);
    get(browser, &address).await
}

fn form(browser: &TestUser, function: &str, fields: &[(&str, &str)]) -> RequestBuilder {
    browser.http.post(format!("{}/api/{function}", browser.base)).header(header::ACCEPT, HTML).form(fields)
}

fn location(answer: &Response) -> String {
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    answer.headers()[header::LOCATION].to_str().unwrap().to_owned()
}

async fn get(browser: &TestUser, address: &str) -> String {
    let request = browser.http.get(format!("{}{address}", browser.base)).header(header::ACCEPT, HTML);
    request.send().await.unwrap().text().await.unwrap()
}

/// The values that a page gives the fields of that name, as they are written.
fn values<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let inputs = page.split("<input ").skip(1).map(|rest| rest.split('>').next().unwrap());
    let named = inputs.filter(|input| input.contains(&format!("name=\"{name}\"")));
    named
        .filter_map(|input| input.split(" value=\"").nth(1).or(input.strip_prefix("value=\"")))
        .map(|rest| rest.split('"').next().unwrap())
        .collect()
}

fn notice(page: &str) -> Option<&str> {
    let notice = page.split("class=\"notice\"").nth(1)?;
    notice.split('>').nth(1)?.split('<').next()
}

/// The row of an order.
fn row(page: &str, number: i64) -> &str {
    let row = page.split(&format!("data-number=\"{number}\"")).nth(1).unwrap();
    row.split("data-number=").next().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
