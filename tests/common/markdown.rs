//! The project's Markdown files, read as GitHub shows them: their links, the anchors of their headings, and the code in them.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

/// The project's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// One Markdown file.
pub struct Document {
    /// Its path, relative to the project's folder.
    pub path: PathBuf,
    pub links: Vec<Link>,
    /// What `#…` in a link may name.
    pub anchors: Vec<String>,
    /// Inline code.
    pub code: Vec<String>,
    /// Fenced blocks, each with its language.
    pub blocks: Vec<(String, String)>,
}

/// A link or a picture.
pub struct Link {
    pub target: String,
    /// The link's text, where it is inline code.
    pub code: Option<String>,
}

/// Every Markdown file of the project, in the order of their paths.
pub fn documents() -> Vec<Document> {
    let mut paths = Vec::new();
    collect(root(), &mut paths);
    paths.sort();
    paths.iter().map(|path| Document::read(path)).collect()
}

/// What was built or installed is not the project's.
fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let foreign = ["target", "node_modules", "data", "test-results"].contains(&name.as_str());
        if path.is_dir() && !foreign && (!name.starts_with('.') || name == ".github") {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            paths.push(path);
        }
    }
}

impl Document {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let mut document = Self {
            path: path.strip_prefix(root()).unwrap().to_owned(),
            links: Vec::new(),
            anchors: Vec::new(),
            code: Vec::new(),
            blocks: Vec::new(),
        };
        let (mut heading, mut link, mut block) = (None::<String>, None::<Link>, None::<(String, String)>);
        let mut slugs = HashMap::new();
        for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => document.anchors.extend(heading.take().map(|title| anchor(&title, &mut slugs))),
                Event::Start(Tag::Link { dest_url, .. }) => link = Some(Link { target: dest_url.into_string(), code: None }),
                Event::End(TagEnd::Link) => document.links.extend(link.take()),
                Event::Start(Tag::Image { dest_url, .. }) => document.links.push(Link { target: dest_url.into_string(), code: None }),
                Event::Start(Tag::CodeBlock(kind)) => {
                    let language = if let CodeBlockKind::Fenced(language) = kind { language.into_string() } else { String::new() };
                    block = Some((language, String::new()));
                }
                Event::End(TagEnd::CodeBlock) => document.blocks.extend(block.take()),
                Event::Code(code) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&code);
                    }
                    if let Some(link) = &mut link {
                        link.code = Some(code.to_string());
                    }
                    document.code.push(code.into_string());
                }
                Event::Text(text) => match (&mut block, &mut heading) {
                    (Some((_, block)), _) => block.push_str(&text),
                    (None, Some(heading)) => heading.push_str(&text),
                    (None, None) => {}
                },
                _ => {}
            }
        }
        document
    }

    /// The commands of its `sh` blocks, one each: continued lines are joined, comments are left out.
    pub fn commands(&self) -> Vec<String> {
        let blocks = self.blocks.iter().filter(|(language, _)| language == "sh");
        blocks.flat_map(|(_, text)| lines(text)).collect()
    }
}

/// The commands of a shell script, one each.
pub fn lines(script: &str) -> Vec<String> {
    let joined = script.replace("\\\n", " ");
    let lines = joined.lines().map(|line| line.split_once(" #").map_or(line, |(line, _)| line).trim());
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

/// The anchor that GitHub gives a heading; the second of the same title gets `-1`, and so on.
fn anchor(title: &str, seen: &mut HashMap<String, usize>) -> String {
    let letters =
        title.to_lowercase().chars().filter(|letter| letter.is_alphanumeric() || [' ', '-', '_'].contains(letter)).collect::<String>();
    let slug = letters.replace(' ', "-");
    let count = seen.entry(slug.clone()).or_insert(0);
    *count += 1;
    if *count == 1 { slug } else { format!("{slug}-{}", *count - 1) }
}
