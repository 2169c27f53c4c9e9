//! Preferences: how a browser wants pages to look, by a cookie that the server reads when it renders a page.

mod common;

use common::{Program, TestUser};
use reqwest::{RequestBuilder, Response, StatusCode, header};

#[tokio::test]
async fn a_chosen_theme_is_in_the_next_page_and_every_other_until_it_is_the_systems_again() {
    let program = Program::start(&[]);
    let ada = program.user("ada").await;
    assert_eq!(theme(&ada, "/account").await, None);
    let answer = choose(&ada, "dark").header(header::REFERER, format!("{}/account", ada.base)).send().await.unwrap();
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/account"));
    for page in ["/account", "/", "/wire", "/sign-in", "/nowhere"] {
        assert_eq!(theme(&ada, page).await.as_deref(), Some("dark"), "{page}");
    }
    choose(&ada, "system").send().await.unwrap();
    assert_eq!(theme(&ada, "/account").await, None);
}

#[tokio::test]
async fn who_is_not_signed_in_chooses_too_and_is_led_to_a_page_of_this_site() {
    let program = Program::start(&[]);
    let nobody = program.anonymous();
    for (referer, to) in
        [("https://evil.example/account", "/sign-in"), (&*format!("{}/sign-in?next=%2F", nobody.base), "/sign-in?next=%2F")]
    {
        let answer = choose(&nobody, "light").header(header::REFERER, referer).send().await.unwrap();
        assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, to));
        assert_eq!(answer.headers()[header::SET_COOKIE], "theme=light; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax");
    }
    assert_eq!(theme(&nobody, "/sign-in").await.as_deref(), Some("light"));
}

#[tokio::test]
async fn over_tls_the_cookie_is_never_sent_without_it() {
    let program = Program::start(&["--public-url", "https://orders.example"]);
    let answer = choose(&program.anonymous(), "dark").send().await.unwrap();
    assert!(answer.headers()[header::SET_COOKIE].to_str().unwrap().ends_with("; SameSite=Lax; Secure"));
}

#[tokio::test]
async fn another_site_chooses_nothing_and_no_other_value_is_taken() {
    let program = Program::start(&[]);
    let ada = program.user("ada").await;
    let answer = choose(&ada, "dark").header("sec-fetch-site", "cross-site").send().await.unwrap();
    assert_eq!((answer.status(), answer.headers().get(header::SET_COOKIE)), (StatusCode::FORBIDDEN, None));
    for (name, value, line) in [("theme", "\"><script>", "theme is one of system, light, dark"), ("session", "x", "there is no preference")]
    {
        let form = [("name", name), ("value", value)];
        let answer = ada.http.post(format!("{}/api/set_preference", ada.base)).form(&form).send().await.unwrap();
        assert_eq!((answer.status(), answer.headers().get(header::SET_COOKIE)), (StatusCode::UNPROCESSABLE_ENTITY, None));
        assert!(answer.text().await.unwrap().contains(line));
    }
}

/// The form of the theme's switch, as a browser sends it.
fn choose(browser: &TestUser, theme: &str) -> RequestBuilder {
    let form = [("name", "theme"), ("value", theme)];
    browser.http.post(format!("{}/api/set_preference", browser.base)).header(header::ACCEPT, "text/html").form(&form)
}

/// The theme that the page's root element names.
async fn theme(browser: &TestUser, page: &str) -> Option<String> {
    let request = browser.http.get(format!("{}{page}", browser.base)).header(header::ACCEPT, "text/html");
    let html = request.send().await.unwrap().text().await.unwrap();
    let root = html.split("<html").nth(1).unwrap().split('>').next().unwrap();
    root.split("data-theme=\"").nth(1).map(|theme| theme.split('"').next().unwrap().to_owned())
}

fn location(answer: &Response) -> &str {
    answer.headers()[header::LOCATION].to_str().unwrap()
}
