//! Every command that the documents and `make help` name is listed here, with what runs it: a test of this file in a small form, or another
//! part of the suite. So no command breaks unnoticed.
//!
//! The small form of a `make` command is the Makefile's own recipe, with the tests' build in place of the release and smaller sizes.

mod common;
#[allow(dead_code)]
#[path = "common/markdown.rs"]
mod markdown;

use common::{Program, Shell, make, orderwire, plain, recipe, small, stdout};
use markdown::{Document, documents, lines, root};
use std::{
    collections::BTreeSet,
    fs,
    io::Write,
    net::TcpListener,
    path::Path,
    process::{Command, Stdio},
};

/// What runs a command.
enum Run {
    /// A test of this file.
    Here(&'static str),
    /// Another part of the suite.
    Suite(&'static str),
    /// Nothing here can, and why.
    Not(&'static str),
}

use Run::{Here, Not, Suite};

/// Each command, by how it begins.
const COMMANDS: &[(&str, Run)] = &[
    ("make run", Here("make_run_serves_the_demo")),
    ("make test", Suite("it is the suite; .github/workflows/ci.yml runs it")),
    ("make help", Here("make_help_lists_every_command")),
    ("make cluster", Here("make_cluster_runs_as_it_says")),
    ("make dev", Here("make_dev_serves_the_demo_too")),
    ("make build", Suite("`make browser-test` begins with it")),
    ("tools/build", Suite("`make build` is that")),
    ("make check", Suite("`make test` begins with it")),
    ("make rust-test", Suite("it runs this file")),
    ("make browser-test", Suite("`make test` runs it")),
    ("make firefox-test", Here("the_browser_suites_commands_find_their_tests")),
    ("make example-test", Suite("`make test` runs it")),
    ("make example", Here("the_minimal_example_runs_as_its_readme_says")),
    ("curl -N", Here("the_minimal_example_runs_as_its_readme_says")),
    ("curl -d 'hello'", Here("the_minimal_example_runs_as_its_readme_says")),
    ("make lighthouse", Suite("`make browser-test` measures one page")),
    ("make screenshots", Here("the_browser_suites_commands_find_their_tests")),
    ("make bench-test", Suite("`make test` runs it")),
    ("make bench-growth", Here("make_bench_growth_measures_both_databases")),
    ("make bench-profile", Here("make_bench_profile_draws_both_loads")),
    ("make bench", Here("make_bench_measures_and_reports")),
    ("make soak", Here("make_soak_finds_no_fault")),
    ("make fuzz", Suite("tests/fuzz_corpus.rs runs the corpora through the same functions")),
    ("make mutants", Not("it judges the suite itself, for about an hour a shard")),
    ("cargo vendor", Not("cargo's own, and it fetches every crate")),
    ("make deny", Not("it needs cargo-deny, which takes minutes to build; tests/supply.rs checks what it writes")),
    ("make notices", Not("likewise")),
    ("make fmt", Suite("`make check` runs it with --check")),
    ("make clean", Here("make_clean_leaves_the_tools")),
    ("cargo test --features ssr", Suite("`make rust-test` is that, for all tests")),
    ("cargo leptos end-to-end", Here("the_browser_suites_commands_find_their_tests")),
    ("cargo leptos --split", Not("docs/weight.md measures it")),
    ("npx playwright test", Here("the_browser_suites_commands_find_their_tests")),
    ("orderwire --help", Here("the_operators_commands_do_what_they_say")),
    ("orderwire add-user", Here("the_operators_commands_do_what_they_say")),
    ("orderwire remove-user", Here("the_operators_commands_do_what_they_say")),
    ("orderwire set-password", Here("the_operators_commands_do_what_they_say")),
    ("orderwire end-sessions", Here("the_operators_commands_do_what_they_say")),
    ("orderwire list-users", Here("the_operators_commands_do_what_they_say")),
    ("orderwire new-epoch", Here("the_operators_commands_do_what_they_say")),
    ("cd \"$(mktemp -d)\"", Here("the_readmes_walk_with_curl")),
    ("curl -s", Here("the_readmes_walk_with_curl")),
    ("cursor=$(curl", Here("the_readmes_walk_with_curl")),
    ("mkdir tls", Here("the_deploy_guides_certificate_serves")),
    ("openssl req", Here("the_deploy_guides_certificate_serves")),
    ("cd deploy", Here("the_compose_file_is_well_formed")),
    ("printf 'ORDERWIRE_PUBLIC_URL", Here("the_compose_file_is_well_formed")),
    ("docker compose", Here("the_compose_file_is_well_formed")),
    (
        "for app in app1 app2",
        Not("the suite needs no container engine; end2end/tests/rolling-deploy.spec.ts deploys two instances in turn without"),
    ),
];

/// What inline code begins with where it is a command.
const PROGRAMS: [&str; 10] =
    ["make ", "cargo ", "orderwire ", "tools/", "npm ", "npx ", "docker ", "target/release/orderwire ", "curl ", "redis-cli "];

#[test]
fn every_command_that_is_named_is_run() {
    let mut named = BTreeSet::new();
    for document in documents() {
        named.extend(document.commands());
        let is_command = |code: &String| PROGRAMS.iter().any(|program| code.starts_with(program));
        named.extend(document.code.iter().map(|code| without_variables(code).to_owned()).filter(is_command));
    }
    named.extend(targets().into_iter().map(|target| format!("make {target}")));
    let named: BTreeSet<_> = named.iter().map(|command| command.trim_start_matches("target/release/")).collect();
    let runs = |command: &str| COMMANDS.iter().position(|(first, _)| command.starts_with(first));
    let unknown: Vec<_> = named.iter().filter(|command| runs(command).is_none()).collect();
    assert!(unknown.is_empty(), "nothing runs {unknown:#?}");

    let used: BTreeSet<_> = named.iter().filter_map(|command| runs(command)).collect();
    for (place, (command, run)) in COMMANDS.iter().enumerate() {
        assert!(used.contains(&place), "nobody names {command}");
        match run {
            Here(test) => assert!(include_str!("commands.rs").contains(&format!("fn {test}(")), "there is no test {test}"),
            Suite(how) | Not(how) => println!("{command}: {how}"),
        }
    }
}

/// A command without the environment variables that are set for it, such as `NAME=value`.
fn without_variables(command: &str) -> &str {
    match command.split_once(' ') {
        Some((first, rest)) if first.contains('=') && first.starts_with(|letter: char| letter.is_ascii_uppercase()) => rest,
        _ => command,
    }
}

/// The targets that `make help` lists.
fn targets() -> Vec<String> {
    let output = stdout(make(&["help"]));
    output.lines().filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next().map(str::to_owned)).collect()
}

#[test]
fn make_help_lists_every_command() {
    let makefile = fs::read_to_string(root().join("Makefile")).unwrap();
    let documented: Vec<_> = makefile.lines().filter(|line| line.contains(": ") && line.contains(" ## ")).collect();
    assert_eq!(targets().len(), documented.len());
    assert_eq!(stdout(make(&["help"])), stdout(make(&[])), "`make` alone");
    for target in targets() {
        assert!(make(&["--dry-run", &target]).status.success(), "{target}");
    }
}

#[tokio::test]
async fn make_run_serves_the_demo() {
    serves_the_demo(&small(&recipe(&["run"]), &[("target/release/orderwire", PROGRAM)])).await;
}

/// The same as `make run`, with settings from the environment; watching and reloading are cargo-leptos' part.
#[tokio::test]
async fn make_dev_serves_the_demo_too() {
    serves_the_demo(&small(&recipe(&["dev"]), &[("cargo leptos watch --cargo-locked", PROGRAM)])).await;
}

async fn serves_the_demo(command: &str) {
    common::files();
    let folder = tempfile::tempdir().unwrap();
    let mut shell = Shell::start(&format!("exec env {command} --addr 127.0.0.1:0"), folder.path());
    let line = shell.until("Orderwire serves at ");
    let base = line.split_whitespace().last().unwrap();
    let http = common::client().build().unwrap();
    assert_eq!(http.get(format!("{base}/readyz")).send().await.unwrap().status(), 200);
    let form = [("username", "ada"), ("password", "demo")];
    assert_eq!(http.post(format!("{base}/api/sign_in")).form(&form).send().await.unwrap().status(), 200);
    shell.signal("TERM");
    shell.succeeds();
}

#[test]
fn make_cluster_runs_as_it_says() {
    let folder = tempfile::tempdir().unwrap();
    // PostgreSQL does not run as root, and its own user has to reach the folder.
    open_to_all(folder.path());
    let command = small(&recipe(&["cluster"]), &[]);
    let kept = folder.path().display();
    let script = format!("FOLDER={kept} FIRST_PORT={} BINARY={PROGRAM} exec {command}", free_ports());
    let mut cluster = Shell::start(&script, root());
    cluster.until("Try, in another terminal");
    let mut output = String::new();
    loop {
        let line = cluster.next();
        if line.contains("Ctrl-C stops all") {
            break;
        }
        output += &line;
        output.push('\n');
    }
    let walk = lines(&output);
    let find = |what: &str| walk.iter().find(|line| line.contains(what)).unwrap_or_else(|| panic!("no {what} in {walk:#?}")).as_str();
    assert_eq!(walk.len(), 5, "{walk:#?}");

    let somewhere = tempfile::tempdir().unwrap();
    let run = |command: &str| _ = Shell::start(command, somewhere.path()).succeeds();
    run(find("api/sign_in"));
    let mut stream = Shell::start(find("/events"), somewhere.path());
    stream.until("event: connected");
    run(find("XADD push.events"));
    stream.until("over Redis");
    run(find("api/push"));
    stream.until("over HTTP");
    run(find("kill -9"));
    cluster.until("a is running again");
    cluster.signal("TERM");
    cluster.succeeds();
}

/// Beside the peers that are built with it; it fails by itself if Orderwire loses or repeats an event.
#[test]
fn make_bench_measures_and_reports() {
    let folder = tempfile::tempdir().unwrap();
    open_to_all(folder.path());
    let report = folder.path().join("report");
    let (program, calls) = (folder.path().join("orderwire"), folder.path().join("calls"));
    fs::write(&program, format!("#!/bin/sh\necho \"$*\" >>{}\nexec {PROGRAM} \"$@\"\n", calls.display())).unwrap();
    fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    Shell::start(&small_bench(&program.display().to_string(), folder.path()), root()).succeeds();
    let calls = fs::read_to_string(calls).unwrap();
    let started = |streams: &str| calls.lines().filter(|call| call.ends_with(&format!("--direct-streams {streams}"))).count();
    assert_eq!(started("false"), 1, "the row without direct streams: {calls}");
    assert!(started("true") >= 2, "the rows with them: {calls}");
    let text = fs::read_to_string(report.join("report.md")).unwrap();
    // The last row of each says what it lacks. What was measured says nothing here: the round is small, and other tests run beside it.
    for (name, measured) in [("**Orderwire**", 3), ("Orderwire without direct streams", 3), ("Orderwire on PostgreSQL", 1)] {
        let rows: Vec<_> = text.lines().filter(|line| line.starts_with(&format!("| {name} |"))).collect();
        assert!(rows.len() == measured + 1 && rows[..measured].iter().all(|row| row.ends_with("| 0, 0 |")), "{text}");
    }
    for plot in text.split("](").skip(1).filter_map(|link| link.split(')').next()).filter(|link| link.ends_with(".svg")) {
        assert!(fs::read_to_string(report.join(plot)).unwrap().contains(">Orderwire</text>"), "{plot}");
    }
}

#[test]
fn make_bench_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let output = Shell::start(&format!("({}) && exit 1; true", small_bench("target/nothing", folder.path())), root()).succeeds();
    assert!(output.contains("there is no target/nothing: run 'make build'"), "{output}");
    let dies = folder.path().join("dies");
    fs::write(&dies, "#!/bin/sh\n[ \"$1\" = --version ] || { echo 'no room' >&2; exit 3; }\n").unwrap();
    fs::set_permissions(&dies, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let command = small_bench(&dies.display().to_string(), folder.path());
    let output = Shell::start(&format!("({command}) && exit 1; true"), root()).succeeds();
    assert!(output.contains("no room"), "{output}");
}

/// Where perf is not installed or may not record, it says what to do instead, and draws nothing.
#[test]
fn make_bench_profile_draws_both_loads() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report");
    let output = Shell::start(&format!("({}) || true", small_profile(folder.path())), root()).succeeds();
    if !report.exists() {
        return assert!(output.contains("tools/setup bench") || output.contains("perf_event_paranoid"), "{output}");
    }
    for (plot, title) in [("flame-delivery.svg", "one event to many streams"), ("flame-push.svg", "pushes to one user at a time")] {
        let svg = fs::read_to_string(report.join(plot)).unwrap_or_else(|_| panic!("no {plot}: {output}"));
        assert!(svg.contains(title) && svg.contains("<title>all ("), "{plot}: {svg}");
        assert!(!svg.contains(&root().display().to_string()), "a path of this machine is in {plot}");
    }
}

#[test]
fn make_bench_profile_says_what_perf_may_not() {
    let folder = tempfile::tempdir().unwrap();
    let perf = folder.path().join("perf");
    fs::write(&perf, "#!/bin/sh\necho 'Access to performance monitoring is limited' >&2; exit 255\n").unwrap();
    fs::set_permissions(&perf, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let command = format!("export PATH={}:$PATH; ({}) && exit 1; true", folder.path().display(), small_profile(folder.path()));
    let output = Shell::start(&command, root()).succeeds();
    assert!(output.contains("sysctl kernel.perf_event_paranoid=-1") && output.contains("monitoring is limited"), "{output}");
}

#[test]
fn make_bench_growth_measures_both_databases() {
    let folder = tempfile::tempdir().unwrap();
    let command = small(&recipe(&["bench-growth"]), &[("target/release/orderwire", PROGRAM)]);
    Shell::start(&format!("export SIZES=200 REPORT={}; {command}", folder.path().display()), root()).succeeds();
    let text = fs::read_to_string(folder.path().join("growth.md")).unwrap();
    assert!(text.contains("## SQLite") && text.contains("## PostgreSQL") && text.contains("| orders | 200 |"), "{text}");
}

/// `make bench`, with few streams and a short while, of the peers that nothing is installed for.
fn small_bench(program: &str, folder: &Path) -> String {
    let command = small(&recipe(&["bench", "SECONDS=1"]), &[("--release ", ""), ("target/bench/release", "target/bench/debug")]);
    assert!(command.ends_with(" 1"), "{command}");
    let sizes = "STREAMS=200 USERS=8 RUNS=1 SYSTEMS=floor,axum,orderwire,orderwire-ordinary,orderwire-postgres";
    format!("export {sizes} PROGRAM={program} WORK={0}/work REPORT={0}/report; {command}", folder.display())
}

/// `make bench-profile`, with few streams and a short while, of the tests' build.
fn small_profile(folder: &Path) -> String {
    let replaced = [("--release ", ""), ("target/bench/release", "target/bench/debug")];
    let command = small(&recipe(&["bench-profile", "SECONDS=1"]), &replaced);
    assert!(command.ends_with(" profile 1"), "{command}");
    format!("export STREAMS=50 USERS=8 PROGRAM={PROGRAM} WORK={0}/work REPORT={0}/report; {command}", folder.display())
}

#[test]
fn make_soak_finds_no_fault() {
    let command = small(&recipe(&["soak", "SECONDS=3"]), &[("target/release/orderwire", PROGRAM)]);
    assert!(command.ends_with(" 3"), "{command}");
    Shell::start(&command, root()).succeeds();
}

#[test]
fn make_clean_leaves_the_tools() {
    let folder = tempfile::tempdir().unwrap();
    for kept in ["target", "end2end/test-results", ".tools/bin", "data"] {
        fs::create_dir_all(folder.path().join(kept)).unwrap();
    }
    let makefile = root().join("Makefile");
    let cleaned = plain("make").arg("--file").arg(makefile).arg("clean").current_dir(folder.path()).output().unwrap();
    assert!(cleaned.status.success(), "{cleaned:?}");
    let left = |path: &str| folder.path().join(path).exists();
    assert!(!left("target") && !left("end2end/test-results") && left(".tools/bin") && left("data"));
}

/// Listing a suite reads its configuration and all of its tests; that each of them passes is for `make test` to say.
#[test]
fn the_browser_suites_commands_find_their_tests() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let setting = |name: &str| {
        let line =
            manifest.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_prefix('=')).unwrap_or_else(|| panic!("no {name}"));
        line.trim().trim_matches('"').to_owned()
    };
    let (command, folder) = (setting("end2end-cmd"), setting("end2end-dir"));
    let of_make =
        ["firefox-test", "lighthouse", "screenshots"].map(|target| (format!("{} -- --list", recipe(&[target])), root().to_owned()));
    for (command, folder) in of_make.into_iter().chain([(format!("{command} --list"), root().join(folder))]) {
        let output = Shell::start(&command, &folder).succeeds();
        assert!(output.contains("Total: ") && !output.contains("Total: 0 "), "{output}");
    }
}

#[tokio::test]
async fn the_operators_commands_do_what_they_say() {
    let program = Program::start(&[]);
    let run = |arguments: &[&str]| {
        let mut command = orderwire();
        command.args(arguments).env("DATABASE_URL", program.database()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // Most read nothing.
        child.stdin.take().unwrap().write_all(b"a long password\n").unwrap_or_default();
        child.wait_with_output().unwrap()
    };
    assert!(stdout(run(&["--help"])).contains("--database-url"));
    stdout(run(&["add-user", "linus", "--staff"]));
    let form = [("username", "linus"), ("password", "a long password")];
    let sign_in = || async {
        let http = common::client().build().unwrap();
        http.post(format!("{}/api/sign_in", program.base)).form(&form).send().await.unwrap().status()
    };
    assert_eq!(sign_in().await, 200);
    assert!(stdout(run(&["list-users"])).lines().any(|line| line.starts_with("linus ") && line.ends_with(" 1")));
    stdout(run(&["end-sessions", "linus"]));
    assert!(stdout(run(&["list-users"])).lines().any(|line| line.starts_with("linus ") && line.ends_with(" 0")));
    stdout(run(&["set-password", "linus"]));
    assert_eq!(sign_in().await, 200);
    stdout(run(&["remove-user", "linus"]));
    assert_ne!(sign_in().await, 200);
    let epoch = stdout(run(&["new-epoch"])).split_whitespace().last().unwrap().to_owned();
    let snapshot = program.user("ada").await.snapshot().await;
    assert_eq!(snapshot["cursor"].as_str().unwrap().split('-').next(), Some(epoch.as_str()));
}

/// The README's block as it stands, but for the address.
#[tokio::test]
async fn the_readmes_walk_with_curl() {
    let program = Program::start(&[]);
    let readme = document("README.md");
    let walk = readme.blocks.iter().find(|(_, text)| text.contains("/api/sign_in")).map(|(_, text)| text.as_str()).unwrap();
    let script = small(walk, &[("http://127.0.0.1:3000", &program.base)]);
    let folder = tempfile::tempdir().unwrap();
    let mut shell = Shell::start(&format!("export TMPDIR={}\n{script}", folder.path().display()), folder.path());
    let (mut orders, mut notifications, mut output) = (0, 0, String::new());
    // The stream that resumes alone brings three orders' events and a notification; the one that is open beside it brings some again.
    while orders < 3 || notifications < 1 {
        let line = shell.next();
        assert!(!line.contains("\"error\""), "{line}");
        orders += usize::from(line == "event: order.updated");
        notifications += usize::from(line == "event: notification");
        output += &line;
    }
    for item in [r#""sku":"tea""#, r#""sku":"coffee""#, r#""quantity":2"#, r#""sku":"mug""#] {
        assert!(output.contains(item), "{item}: {output}");
    }
}

#[test]
fn the_minimal_example_runs_as_its_readme_says() {
    let readme = document("examples/minimal/README.md");
    let commands = readme.commands();
    let [make, stream, say] = commands.as_slice() else { panic!("{commands:?}") };
    let run = recipe(&make.split(' ').skip(1).collect::<Vec<_>>());
    Shell::start(&small(&run, &[("cargo run", "cargo build")]), root()).succeeds();
    let mut example = Shell::start(&format!("export ADDR=127.0.0.1:0; {run}"), root());
    let base = example.until("http://");
    let mut stream = Shell::start(&small(stream, &[("http://127.0.0.1:3000", &base)]), root());
    stream.until("event: connected");
    Shell::start(&small(say, &[("http://127.0.0.1:3000", &base)]), root()).succeeds();
    stream.until("data: hello");
}

#[tokio::test]
async fn the_deploy_guides_certificate_serves() {
    let folder = tempfile::tempdir().unwrap();
    let commands = deploy_guide().into_iter().filter(|command| command.starts_with("mkdir tls") || command.starts_with("openssl"));
    let script: Vec<_> = commands.collect();
    assert_eq!(script.len(), 2, "{script:?}");
    Shell::start(&script.join(" && "), folder.path()).succeeds();
    let file = |name: &str| folder.path().join("tls").join(name).display().to_string();
    let program = Program::start(&["--tls-cert", &file("orderwire.crt"), "--tls-key", &file("orderwire.key")]);
    let answer = common::client().build().unwrap().get(format!("{}/readyz", program.base.replace("http:", "https:"))).send().await;
    assert_eq!(answer.unwrap().status(), 200);
}

/// The guide's `.env` has every variable that the file requires. Docker itself reads the file only where it is installed.
#[test]
fn the_compose_file_is_well_formed() {
    let folder = tempfile::tempdir().unwrap();
    let write = deploy_guide().into_iter().find(|command| command.starts_with("printf")).unwrap();
    Shell::start(&write, folder.path()).succeeds();
    let written = fs::read_to_string(folder.path().join(".env")).unwrap();
    let names: Vec<_> = written.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    let compose = fs::read_to_string(root().join("deploy/compose.yaml")).unwrap();
    assert!(!names.is_empty() && names.iter().all(|name| compose.contains(&format!("${{{name}:?"))), "{names:?}");
    let docker = Command::new("docker").args(["compose", "version"]).output();
    if !docker.is_ok_and(|output| output.status.success()) {
        return println!("no docker compose here: the file is not read");
    }
    let check = format!("docker compose --env-file .env --file {} config --quiet", root().join("deploy/compose.yaml").display());
    Shell::start(&check, folder.path()).succeeds();
}

fn deploy_guide() -> Vec<String> {
    document("docs/deploying.md").commands()
}

fn document(path: &str) -> Document {
    documents().into_iter().find(|document| document.path == Path::new(path)).unwrap()
}

#[test]
fn the_workflow_runs_the_two_commands() {
    let workflow = fs::read_to_string(root().join(".github/workflows/ci.yml")).unwrap();
    for command in ["make test", "make run", "/readyz"] {
        assert!(workflow.contains(command), "{command}");
    }
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_orderwire");

/// Ports that `tools/cluster` counts from, such that each of its own is free.
fn free_ports() -> u16 {
    let is_free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    let first = 20_000 + 400 * (std::process::id() % 25) as u16;
    let bases = (0..25).map(|step| 20_000 + (first - 20_000 + 400 * step) % 10_000);
    bases.into_iter().find(|base| [1, 2, 3, 32, 79, 343].iter().all(|step| is_free(base + step))).unwrap()
}

fn open_to_all(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
}
