//! What the documents refer to exists: each relative link leads to a file and an anchor, each link to a piece of code leads to the file that
//! defines it, each path and setting exists, and each document can be reached from the README.

#[allow(dead_code)]
#[path = "common/markdown.rs"]
mod markdown;

use axum::http::Uri;
use markdown::{Document, Link, documents, root};
use std::{
    collections::HashSet,
    fs,
    path::{Component, Path, PathBuf},
    process::Command,
};

/// What can stand before a name where Rust defines it.
const DEFINES: [&str; 8] = ["fn", "struct", "enum", "trait", "type", "const", "static", "mod"];

/// The endings of a path in inline code.
const ENDINGS: [&str; 12] = ["rs", "ts", "md", "sql", "toml", "conf", "yaml", "yml", "css", "mjs", "svg", "html"];

#[test]
fn every_relative_link_leads_to_a_file_and_an_anchor_that_are_there() {
    let documents = documents();
    let mut broken = Vec::new();
    for (document, link) in links(&documents).filter(|(_, link)| !is_external(link)) {
        let (path, anchor) = resolve(document, link);
        let target = documents.iter().find(|other| other.path == path);
        if !root().join(&path).exists() {
            broken.push(format!("{}: there is no {}", document.path.display(), link.target));
        } else if let Some(anchor) = anchor
            && !target.is_some_and(|target| target.anchors.contains(&anchor))
        {
            broken.push(format!("{}: there is no heading for {}", document.path.display(), link.target));
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_link_to_code_names_what_is_defined_there() {
    let documents = documents();
    let mut wrong = Vec::new();
    let mut checked = 0;
    for (document, link) in links(&documents).filter(|(_, link)| !is_external(link)) {
        let Some(code) = &link.code else { continue };
        let (path, _) = resolve(document, link);
        let is_right = if code.contains(['/', '.']) && !code.contains("::") {
            // A path: the link leads there, or to the module file of that folder.
            let code = code.trim_end_matches('/');
            path.ends_with(code) || path.ends_with(Path::new(code).join("mod.rs"))
        } else if root().join(&path).is_file() {
            checked += 1;
            defines(&path, code)
        } else {
            true
        };
        if !is_right {
            wrong.push(format!("{}: {code} is not in {}", document.path.display(), path.display()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(checked > 20, "only {checked} links name a piece of code");
}

#[test]
fn every_path_in_the_documents_exists() {
    let mut missing = Vec::new();
    for document in documents() {
        let beside = document.path.parent().unwrap();
        for code in document.code.iter().filter(|code| is_path(code)) {
            let places = [Path::new(""), Path::new("src"), beside];
            if !places.iter().any(|place| root().join(place).join(code).exists()) {
                missing.push(format!("{}: {code}", document.path.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// By syntax alone: no test depends on another's server.
#[test]
fn every_external_link_is_https_and_well_formed() {
    let documents = documents();
    for (document, link) in links(&documents).filter(|(_, link)| is_external(link)) {
        let uri: Uri = link.target.parse().unwrap_or_else(|error| panic!("{}: {}: {error}", document.path.display(), link.target));
        let is_public = uri.scheme_str() == Some("https") && uri.host().is_some_and(|host| host.contains('.'));
        assert!(is_public, "{}: {}", document.path.display(), link.target);
    }
}

#[test]
fn every_document_can_be_reached_from_the_readme() {
    let documents = documents();
    let mut reached = HashSet::from([PathBuf::from("README.md")]);
    let mut next: Vec<_> = reached.iter().cloned().collect();
    while let Some(path) = next.pop() {
        let Some(document) = documents.iter().find(|document| document.path == path) else { continue };
        for link in document.links.iter().filter(|link| !is_external(link)) {
            let (mut path, _) = resolve(document, link);
            if root().join(&path).is_dir() {
                path.push("README.md");
            }
            if reached.insert(path.clone()) {
                next.push(path);
            }
        }
    }
    let lost: Vec<_> = documents.iter().map(|document| &document.path).filter(|path| !reached.contains(*path)).collect();
    assert!(lost.is_empty(), "no document leads to {lost:?}");
}

#[test]
fn every_setting_that_the_documents_name_is_in_the_help() {
    let help = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_orderwire")).args(arguments).arg("--help").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let mut known = help(&[]);
    let listed = known.lines().skip_while(|line| !line.starts_with("Commands:")).skip(1).take_while(|line| !line.trim().is_empty());
    let commands: Vec<_> = listed.filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect();
    assert!(commands.iter().any(|command| command == "add-user"), "{known}");
    for command in commands.iter().filter(|command| *command != "help") {
        known += &help(&[command]);
    }
    let known: HashSet<_> = words(&known, "-").collect();
    for document in documents() {
        for code in document.code.iter().filter(|code| code.starts_with("--") || code.starts_with("orderwire ")) {
            for flag in words(code, "-").filter(|word| word.starts_with("--")) {
                assert!(known.contains(flag), "{}: orderwire has no {flag}", document.path.display());
            }
            let command = code.strip_prefix("orderwire ").and_then(|rest| rest.split(' ').next()).filter(|word| !word.starts_with('-'));
            assert!(command.is_none_or(|command| commands.iter().any(|known| known == command)), "{}: {code}", document.path.display());
        }
        for variable in document.code.iter().filter(|code| code.starts_with("ORDERWIRE_") && !code.contains(['=', ' '])) {
            assert!(known.contains(variable.as_str()), "{}: orderwire does not read {variable}", document.path.display());
        }
    }
}

fn links(documents: &[Document]) -> impl Iterator<Item = (&Document, &Link)> {
    documents.iter().flat_map(|document| document.links.iter().map(move |link| (document, link)))
}

fn is_external(link: &Link) -> bool {
    link.target.contains("://")
}

/// The file that a relative link leads to, relative to the project's folder, and the anchor in it.
fn resolve(document: &Document, link: &Link) -> (PathBuf, Option<String>) {
    let (path, anchor) = match link.target.split_once('#') {
        Some((path, anchor)) => (path, Some(anchor.to_owned())),
        None => (link.target.as_str(), None),
    };
    if path.is_empty() {
        return (document.path.clone(), anchor);
    }
    let mut resolved = PathBuf::new();
    for part in document.path.parent().unwrap().join(path).components() {
        match part {
            Component::ParentDir => assert!(resolved.pop(), "{}: {} leads out", document.path.display(), link.target),
            Component::Normal(name) => resolved.push(name),
            _ => {}
        }
    }
    (resolved, anchor)
}

/// Whether the file defines what `code` names, such as `Hub::deliver` or `tail`. In other languages than Rust, it need only name it.
fn defines(path: &Path, code: &str) -> bool {
    let source = fs::read_to_string(root().join(path)).unwrap();
    let tokens: Vec<_> = words(&source, "").collect();
    let mut names: Vec<_> = code.split("::").map(|name| name.trim_end_matches("()")).collect();
    let last = names.pop().unwrap_or_default();
    let is_defined = match path.extension().is_some_and(|extension| extension == "rs") {
        true => tokens.windows(2).any(|pair| DEFINES.contains(&pair[0]) && pair[1] == last),
        false => source.contains(last),
    };
    is_defined && names.iter().all(|name| tokens.contains(name))
}

/// Runs of letters, digits, `_` and the characters in `more`.
fn words<'a>(text: &'a str, more: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(move |letter: char| !letter.is_alphanumeric() && letter != '_' && !more.contains(letter)).filter(|word| !word.is_empty())
}

/// Whether a piece of inline code is a path in the project; what is built, installed or kept at run time is not.
fn is_path(code: &str) -> bool {
    let plain = code.chars().all(|letter| letter.is_alphanumeric() || "/._-".contains(letter));
    let made = ["/", "target/", "data/", ".tools/", "etc/"].iter().any(|start| code.starts_with(start));
    plain && !made && code.contains('/') && Path::new(code).extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known))
}
