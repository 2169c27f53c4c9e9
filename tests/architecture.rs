//! The architecture, read from the `use` lines of `src/`: imports between folders run one way, and no files import each other in a circle.
//!
//! Paths are resolved to the file that defines the name: `pub use` lines are followed, so a `mod.rs` that only hands names on is no detour.
//! Test modules are not read; they may import what they like.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// What each part may import besides itself. A part is a folder of `src/`, or a file; a file belongs to the longest part that fits it.
const MAY_IMPORT: [(&str, &[&str]); 24] = [
    // Both sides.
    ("lib.rs", &["view", EVENT_ID]),
    ("model", &[EVENT_ID]),
    ("app.rs", &["view", "model"]),
    ("server_fns.rs", &["model", "server/state.rs", "server/http", "server/store", EVENT_ID]),
    // The browser: view → browser → model.
    ("view", &["browser", "model", "server_fns.rs", EVENT_ID]),
    ("browser", &["model", EVENT_ID]),
    // The server: http → store, cluster → sse. The streaming core imports nothing, so that another project can copy it.
    (
        "server/http",
        &[
            "model",
            "app.rs",
            "server/state.rs",
            "server/store",
            "server/cluster",
            "server/sse",
            "server/telemetry",
            CLOCK,
            PUBLIC_URL,
            RATE,
            ADDRESSES,
            EVENT_ID,
        ],
    ),
    ("server/cluster", &["model", "server/store", "server/sse", CLOCK]),
    ("server/store", &["model", "server/sse", CLOCK, EVENT_ID, SINGLE_FLIGHT]),
    ("server/sse", &[EVENT_ID]),
    (EVENT_ID, &[]),
    ("server/net", &["server/sse", "server/settings.rs", ADDRESSES]),
    ("server/console_stats.rs", &["model", "server/demo_traffic.rs", "server/store", "server/cluster", "server/sse", CLOCK, SINGLE_FLIGHT]),
    ("server/demo_traffic.rs", &["model", DEMO_SHOP, "server/store", "server/cluster", CLOCK]),
    (DEMO_SHOP, &["model", "server/store", CLOCK]),
    (CLOCK, &[]),
    ("server/telemetry", &["server/store", "server/cluster", "server/sse"]),
    (ADDRESSES, &[]),
    (SINGLE_FLIGHT, &[]),
    ("server/settings.rs", &["server/telemetry", PUBLIC_URL, RATE]),
    (PUBLIC_URL, &[]),
    (RATE, &[]),
    (
        "server/state.rs",
        &[
            "server/console_stats.rs",
            "server/demo_traffic.rs",
            "server/http",
            "server/store",
            "server/cluster",
            "server/sse",
            "server/settings.rs",
        ],
    ),
    // What is left of the server: the command line and the composition root, which join the others.
    (
        "server",
        &[
            "model",
            "server/state.rs",
            "server/console_stats.rs",
            "server/demo_traffic.rs",
            DEMO_SHOP,
            "server/http",
            "server/store",
            "server/cluster",
            "server/sse",
            "server/net",
            "server/telemetry",
            CLOCK,
            "server/settings.rs",
        ],
    ),
];

const CLOCK: &str = "server/clock.rs";

/// The shop of the demo, which is made at the start and goes on by its traffic.
const DEMO_SHOP: &str = "server/demo_shop.rs";

const SINGLE_FLIGHT: &str = "server/single_flight.rs";

/// An origin, which a setting names and the Origin check compares.
const PUBLIC_URL: &str = "server/public_url.rs";

/// A rate, which a setting gives and a limit keeps.
const RATE: &str = "server/rate.rs";

/// Where a request comes from, which the listener notes and the limits of sign-ins count by.
const ADDRESSES: &str = "server/net/addresses.rs";

/// The one file of the streaming core that the browser reads too.
const EVENT_ID: &str = "server/sse/event_id.rs";

/// The one circle of folders. Leptos' macros force it: a view names its server functions, a server function reaches the state and the
/// session, and the router that provides both renders the app.
const CIRCLE_OF_PARTS: [&str; 5] = ["app.rs", "server/http", "server/state.rs", "server_fns.rs", "view"];

#[test]
fn imports_between_folders_run_one_way() {
    let wrong: Vec<_> = House::read()
        .imports()
        .into_iter()
        .filter(|(from, to)| part(from) != part(to) && !allowed(part(from)).contains(&part(to)))
        .map(|(from, to)| format!("src/{from} imports src/{to}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_only_circle_of_folders_is_the_one_between_the_app_and_its_server_functions() {
    let imports = House::read().imports();
    let parts = imports.iter().map(|(from, to)| (part(from).to_owned(), part(to).to_owned()));
    assert_eq!(circles(&parts.filter(|(from, to)| from != to).collect()), [CIRCLE_OF_PARTS]);
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let circles = circles(&House::read().imports());
    assert!(circles.is_empty(), "{circles:#?}");
}

#[test]
fn the_streaming_core_has_no_path_out_of_its_folder() {
    for (file, text) in sources(&root().join("server/sse")) {
        assert!(!text.contains("crate::"), "src/server/sse/{file} names crate::");
    }
}

#[test]
fn each_invariant_of_the_map_names_tests_that_exist() {
    let text = fs::read_to_string(root().join("lib.rs")).unwrap();
    let section = text.split("# The invariants").nth(1).unwrap().split("//! # ").next().unwrap();
    let (mut number, mut named) = (0, BTreeMap::new());
    for line in section.lines().map(|line| line.trim_start_matches("//!").trim()) {
        if line.starts_with(&format!("{}. ", number + 1)) {
            number += 1;
        }
        // (`file`: `test`, `file`: `test`)
        let quoted: Vec<_> = line.split('`').skip(1).step_by(2).collect();
        if let [file, test] = quoted[..] {
            let source =
                fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
            assert!(source.contains(&format!("fn {test}(")), "{file} has no test {test}");
            *named.entry(number).or_insert(0) += 1;
        }
    }
    assert_eq!(named.keys().copied().collect::<Vec<_>>(), (1..=8).collect::<Vec<_>>(), "each invariant names a test");
}

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn part(file: &str) -> &str {
    let fits = |part: &&str| file == *part || file.strip_prefix(*part).is_some_and(|rest| rest.starts_with('/'));
    MAY_IMPORT.iter().map(|(part, _)| *part).filter(fits).max_by_key(|part| part.len()).unwrap_or(file)
}

fn allowed(part: &str) -> &'static [&'static str] {
    MAY_IMPORT.iter().find(|(of, _)| *of == part).map_or(&[], |(_, allowed)| allowed)
}

/// The modules of the library: file by module path, and what each file imports and hands on.
struct House {
    files: BTreeMap<Vec<String>, File>,
}

struct File {
    name: String,
    /// Paths in the file, from its `use` lines and from its code.
    paths: Vec<Vec<String>>,
    /// What a `use` line brings into the module's scope: the name, and the path that it stands for.
    names: BTreeMap<String, Vec<String>>,
}

impl House {
    fn read() -> Self {
        let files = sources(&root()).into_iter().filter(|(name, _)| name != "main.rs").map(|(name, text)| {
            let code = code(&text);
            let (lines, code) = use_lines(&code);
            let used: Vec<_> = lines.iter().flat_map(|line| expand(line)).collect();
            let names = used.iter().map(|(path, name)| (name.clone(), path.clone())).collect();
            let paths = used.into_iter().map(|(path, _)| path).chain(inline_paths(&code)).collect();
            (module(&name), File { name, paths, names })
        });
        let house = Self { files: files.collect() };
        assert!(house.files.len() > 50, "the sources are not there");
        house
    }

    /// Which file imports which.
    fn imports(&self) -> BTreeSet<(String, String)> {
        let mut imports = BTreeSet::new();
        for (module, file) in &self.files {
            for path in &file.paths {
                if let Some(target) = self.resolve(module, path, 0)
                    && target != file.name
                {
                    imports.insert((file.name.clone(), target.to_owned()));
                }
            }
        }
        imports
    }

    /// The file that defines what `path` names in `module`; `None` for another crate's.
    fn resolve(&self, module: &[String], path: &[String], depth: usize) -> Option<&str> {
        assert!(depth < 10, "{path:?} in {module:?} leads in a circle");
        let mut at = module.to_vec();
        let mut rest = path;
        match rest.first()?.as_str() {
            "crate" => at.clear(),
            "self" => {}
            "super" => drop(at.pop()),
            first => {
                let mut child = at.clone();
                child.push(first.to_owned());
                if !self.files.contains_key(&child) {
                    // A name that a `use` line brought in, or another crate's.
                    let brought = self.files.get(&at)?.names.get(first)?;
                    let is_ours = ["crate", "self", "super"].contains(&brought.first()?.as_str());
                    return if is_ours { self.resolve(module, &[brought.as_slice(), &rest[1..]].concat(), depth + 1) } else { None };
                }
                at = child;
            }
        }
        rest = &rest[1..];
        while let Some((name, after)) = rest.split_first() {
            if name == "super" {
                at.pop();
            } else {
                let mut child = at.clone();
                child.push(name.clone());
                if !self.files.contains_key(&child) {
                    // An item of this module, or one that the module hands on.
                    let file = self.files.get(&at)?;
                    let Some(handed_on) = file.names.get(name) else { return Some(&file.name) };
                    let path = [handed_on.as_slice(), after].concat();
                    return self.resolve(&at, &path, depth + 1);
                }
                at = child;
            }
            rest = after;
        }
        self.files.get(&at).map(|file| file.name.as_str())
    }
}

/// The Rust files below a folder, by their paths in it, without test modules.
fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(current) = folders.pop() {
        for entry in fs::read_dir(current).unwrap().map(|entry| entry.unwrap().path()) {
            let name = entry.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            if entry.is_dir() {
                folders.extend((!name.ends_with("/tests")).then_some(entry));
            } else if name.ends_with(".rs") && !name.ends_with("/tests.rs") {
                let text = fs::read_to_string(entry).unwrap();
                found.push((name, text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned()));
            }
        }
    }
    found
}

/// `server/sse/mod.rs` is the module `server::sse`.
fn module(file: &str) -> Vec<String> {
    let mut segments: Vec<_> = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    segments.pop_if(|last| ["mod", "lib"].contains(&last.as_str()));
    segments
}

/// The text without comments.
fn code(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.map(|line| line.split(" // ").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// What stands between `use` and `;`, each in one line; and the code without them.
fn use_lines(code: &str) -> (Vec<String>, String) {
    let (mut lines, mut rest, mut end) = (Vec::new(), String::new(), 0);
    for (start, _) in code.match_indices("use ") {
        let before = code[..start].rsplit('\n').next().unwrap_or_default();
        let is_word = before.is_empty() || before.ends_with(' ');
        if start >= end && is_word && (before.trim().is_empty() || before.trim().starts_with("pub")) {
            let statement = code[start + 4..].split(';').next().unwrap_or_default();
            lines.push(statement.split_whitespace().collect::<Vec<_>>().join(" "));
            rest.push_str(&code[end..start]);
            end = start + 4 + statement.len();
        }
    }
    rest.push_str(&code[end..]);
    (lines, rest)
}

/// Every path of a `use` tree, and the name that it brings into scope: `a::{b, c::d as e}` is `a::b` as `b` and `a::c::d` as `e`.
fn expand(tree: &str) -> Vec<(Vec<String>, String)> {
    let tree = tree.trim();
    if let Some(open) = tree.find('{') {
        let prefix: Vec<_> = tree[..open].split("::").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect();
        let inner = &tree[open + 1..tree.rfind('}').unwrap_or(tree.len())];
        let (mut depth, mut start, mut found) = (0, 0, Vec::new());
        for (place, letter) in inner.char_indices().chain([(inner.len(), ',')]) {
            match letter {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    let branch = &inner[start..place];
                    start = place + 1;
                    let paths = expand(branch).into_iter().filter(|(path, _)| !path.is_empty());
                    found.extend(paths.map(|(path, name)| match path.as_slice() {
                        [own] if own == "self" => (prefix.clone(), prefix.last().cloned().unwrap_or_default()),
                        _ => ([prefix.as_slice(), path.as_slice()].concat(), name),
                    }));
                }
                _ => {}
            }
        }
        return found;
    }
    let (path, alias) = tree.split_once(" as ").map_or((tree, None), |(path, alias)| (path, Some(alias.trim().to_owned())));
    let path: Vec<_> = path.split("::").map(str::trim).filter(|part| !part.is_empty() && *part != "*").map(str::to_owned).collect();
    let name = alias.or_else(|| path.last().cloned()).unwrap_or_default();
    vec![(path, name)]
}

/// Paths that code names in full: `crate::a::b`, `super::a::b`.
fn inline_paths(code: &str) -> Vec<Vec<String>> {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    let starts = ["crate::", "super::"].into_iter().flat_map(|start| code.match_indices(start));
    let starts = starts.filter(|(start, _)| !code[..*start].ends_with(is_part));
    let path = |(start, _): (usize, &str)| {
        let text = code[start..].split(|letter| !is_part(letter)).next().unwrap_or_default();
        text.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    starts.map(path).collect()
}

/// The circles of a graph: its strongly connected components of more than one node, each sorted.
fn circles(edges: &BTreeSet<(String, String)>) -> Vec<Vec<String>> {
    let reach = |from: &str| {
        let (mut reached, mut next) = (BTreeSet::new(), vec![from.to_owned()]);
        while let Some(at) = next.pop() {
            for (_, to) in edges.iter().filter(|(start, _)| *start == at) {
                if reached.insert(to.clone()) {
                    next.push(to.clone());
                }
            }
        }
        reached
    };
    let reached: BTreeMap<String, BTreeSet<String>> = edges.iter().map(|(from, _)| (from.clone(), reach(from))).collect();
    let together = |a: &String, b: &String| reached[a].contains(b) && reached.get(b).is_some_and(|of| of.contains(a));
    let circles = reached
        .keys()
        .filter(|node| together(node, node))
        .map(|node| reached.keys().filter(|other| together(node, other)).cloned().collect());
    circles.collect::<BTreeSet<Vec<_>>>().into_iter().collect()
}

#[test]
fn use_trees_are_expanded_and_followed() {
    let paths = |tree| expand(tree).into_iter().map(|(path, name)| format!("{} as {name}", path.join("::"))).collect::<Vec<_>>();
    assert_eq!(paths("a::b"), ["a::b as b"]);
    assert_eq!(paths("a::{self, b, c::{d as e, f}}"), ["a as a", "a::b as b", "a::c::d as e", "a::c::f as f"]);
    assert_eq!(paths("{ crate::a, b::*, }"), ["crate::a as a", "b as b"]);
    let edges = |pairs: &[(&str, &str)]| pairs.iter().map(|(from, to)| (from.to_string(), to.to_string())).collect();
    assert_eq!(circles(&edges(&[("a", "b"), ("b", "c"), ("c", "b"), ("c", "d")])), [["b", "c"]]);
    let house = House::read();
    let state = house.resolve(&["server_fns".into()], &["crate", "server", "AppState"].map(String::from), 0);
    assert_eq!(state, Some("server/state.rs"), "a pub use is followed");
}
