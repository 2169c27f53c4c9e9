//! `make bench-growth`: what operations take in shops of `SIZES=10000,100000,1000000` orders, as many events and as many notifications, on SQLite
//! and on PostgreSQL, asked of the release build over HTTP. Prints progress, and writes `bench/growth.md`, or into the folder `REPORT`; the table in the file `PAGE`,
//! of a page that is open all day, becomes a part of it.
//!
//! `tests/growth.rs` proves without any time that no operation reads more in a larger shop; this shows what that means in milliseconds.

mod common;

use common::{Program, Service, add_user, fill, outside};
use sqlx::Executor;
use std::{
    env,
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    thread::sleep,
    time::{Duration, Instant},
};

/// Requests of each kind.
const TIMES: usize = 60;

/// The time that counts is the one that one in so many requests stays below: on a machine that does something else too, the median tells more of
/// that.
const SHARE: usize = 10;

/// Requests of each kind before those that count: after five, PostgreSQL has its generic plan.
const WARM_UP: usize = 8;

/// How long the program is left alone with a stream of staff, to see what the console's figures take.
const IDLE: Duration = Duration::from_secs(10);

/// Events of the filled shop are old: none is to be deleted.
const FLAGS: [&str; 6] = ["--history", "100y", "--notifications", "100y", "--max-streams-per-user", "1000"];

/// What an operation takes in a shop: its name, and milliseconds.
type Times = Vec<(&'static str, f64)>;

#[tokio::main(worker_threads = 2)]
async fn main() {
    let sizes = env::var("SIZES").unwrap_or_else(|_| "10000,100000,1000000".into());
    let sizes: Vec<i64> = sizes.split(',').map(|size| size.trim().parse().expect("SIZES: numbers with commas between them")).collect();
    let folder = env::var("REPORT").unwrap_or_else(|_| "bench".into());
    let mut report = "# What grows with the shop\n\nWritten by `make bench-growth`. Milliseconds from the request sent to its answer read, over HTTP on \
                      loopback: of 60 times the one that a tenth stay below. There are as many events and notifications as orders, a third of them \
                      one customer's. On a machine that does something else too, single numbers are too high all the same.\n"
        .to_owned();
    for database in ["SQLite", "PostgreSQL"] {
        let mut columns = Vec::new();
        for size in &sizes {
            println!("{database}, {size} orders: filling");
            columns.push(measure(database, *size).await);
        }
        report += &table(database, &sizes, &columns);
    }
    if let Some(page) = env::var_os("PAGE").and_then(|file| fs::read_to_string(file).ok()) {
        report += "\n## A page that is open all day\n\nThe console in Chromium, which is sent new orders and notifications in turn.\n\n";
        report += &page;
    }
    fs::create_dir_all(&folder).unwrap();
    fs::write(format!("{folder}/growth.md"), &report).unwrap();
    println!("Written: {folder}/growth.md");
}

/// Fills a new database, and measures.
async fn measure(database: &str, orders: i64) -> Times {
    let folder = tempfile::tempdir().unwrap();
    let (_service, url) = if database == "SQLite" {
        (None, format!("sqlite://{}/growth.db", folder.path().display()))
    } else {
        let service = Service::postgres().await;
        let url = service.url();
        (Some(service), url)
    };
    // Makes the database, and a password.
    add_user(&url, "someone", false);
    fill(&url, orders).await;
    let sign_in = "UPDATE users SET password_hash = (SELECT password_hash FROM users WHERE username = 'someone') WHERE username = 'c7'";
    outside(&url).await.execute(sign_in).await.unwrap();
    let program = Program::start_on(&url, &FLAGS);
    let (ada, c7, ops) = (program.user("ada").await.cookie(), program.user("c7").await.cookie(), program.user("ops").await.cookie());
    let epoch = program.user("ada").await.snapshot().await["cursor"].as_str().unwrap().split('-').next().unwrap().to_owned();
    program.push(serde_json::json!({ "user": "ada", "event": "bench", "data": {} })).await;

    let http = Requests { addr: program.address() };
    let snapshot = |query: &str, cookie: &str| http.often(&http.get(&format!("/api/snapshot{query}"), cookie));
    let push = r#"{"user":"ada","event":"bench","data":{}}"#;
    let times = vec![
        ("snapshot, customer without orders", snapshot("", &ada)),
        ("snapshot, customer with a third of all", snapshot("", &c7)),
        ("snapshot, staff", snapshot("", &ops)),
        ("snapshot, staff, the middle", snapshot(&format!("?before={}", orders / 2), &ops)),
        ("snapshot, staff, one status", snapshot("?status=packed", &ops)),
        ("search, a product", snapshot("?q=mug", &ops)),
        ("search, a product that nobody ordered", snapshot("?q=kettle", &ops)),
        ("search, a customer with a third of all", snapshot("?q=c7", &ops)),
        ("search, an order's number", snapshot("?q=15", &ops)),
        ("resume from the first event, to the first that is theirs", http.resume(&epoch, 0, &c7)),
        ("resume from the first event, with one at the end", http.resume(&epoch, 0, &ada)),
        ("resume near the end, a customer with a third of all", http.resume(&epoch, orders - 10, &c7)),
        ("push", http.often(&http.post("/api/push", &format!("authorization: Bearer {}", common::TOKEN), push))),
        ("place an order", http.often(&http.post("/api/place_order", &format!("cookie: {ada}"), r#"{"items":{"mug":1}}"#))),
        ("a second with a stream of staff open, CPU time", http.idle(&program, &ops)),
    ];
    times.iter().for_each(|(name, time)| println!("  {name}: {time:.2} ms"));
    times
}

struct Requests {
    addr: String,
}

impl Requests {
    fn get(&self, path: &str, cookie: &str) -> String {
        format!("GET {path} HTTP/1.1\r\nhost: {}\r\ncookie: {cookie}\r\n\r\n", self.addr)
    }

    fn post(&self, path: &str, header: &str, body: &str) -> String {
        let head = format!("POST {path} HTTP/1.1\r\nhost: {}\r\n{header}\r\ncontent-type: application/json", self.addr);
        format!("{head}\r\naccept: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())
    }

    /// Asks again and again on one connection.
    fn often(&self, request: &str) -> f64 {
        let mut reader = BufReader::new(self.connect());
        let mut once = || {
            let begun = Instant::now();
            reader.get_mut().write_all(request.as_bytes()).unwrap();
            let head = head(&mut reader);
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("an answer with a length");
            reader.read_exact(&mut vec![0; length.parse().unwrap()]).unwrap();
            assert!(head.starts_with("HTTP/1.1 20"), "{request}: {head}");
            begun.elapsed()
        };
        (0..WARM_UP).for_each(|_| _ = once());
        tenth((0..TIMES).map(|_| once()).collect())
    }

    /// Opens streams that resume past an event, each until its first event is there.
    fn resume(&self, epoch: &str, after: i64, cookie: &str) -> f64 {
        let request = self.get(&format!("/events?after={epoch}-{after}"), cookie);
        let once = || {
            let begun = Instant::now();
            let mut reader = BufReader::new(self.connect());
            reader.get_mut().write_all(request.as_bytes()).unwrap();
            assert!(head(&mut reader).starts_with("HTTP/1.1 200"));
            let is_event = |line: &str| line.starts_with("event: ") && line != "event: connected";
            let found = reader.lines().map(Result::unwrap).find(|line| is_event(line)).unwrap();
            assert_ne!(found, "event: resync");
            begun.elapsed()
        };
        (0..WARM_UP).for_each(|_| _ = once());
        tenth((0..TIMES).map(|_| once()).collect())
    }

    /// What the program's CPU takes for a second with nothing to do but a stream of staff.
    fn idle(&self, program: &Program, cookie: &str) -> f64 {
        let mut reader = BufReader::new(self.connect());
        reader.get_mut().write_all(self.get("/events", cookie).as_bytes()).unwrap();
        assert!(head(&mut reader).starts_with("HTTP/1.1 200"));
        let before = ticks(program.pid());
        sleep(IDLE);
        (ticks(program.pid()) - before) as f64 * 10.0 / IDLE.as_secs_f64()
    }

    fn connect(&self) -> TcpStream {
        let socket = TcpStream::connect(&self.addr).unwrap();
        socket.set_nodelay(true).unwrap();
        socket.set_read_timeout(Some(common::PATIENCE)).unwrap();
        socket
    }
}

/// Reads an answer's head.
fn head(reader: &mut impl BufRead) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).unwrap() > 0, "no answer: {head}");
    }
    head.replace("\r\n", "\n")
}

/// User and system time of a process, in hundredths of a second.
fn ticks(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<_> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

/// In milliseconds.
fn tenth(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / SHARE].as_secs_f64() * 1e3
}

fn table(database: &str, sizes: &[i64], columns: &[Times]) -> String {
    let mut text = format!("\n## {database}\n\n| orders |");
    // Writing to a String cannot fail.
    sizes.iter().for_each(|size| write!(text, " {size} |").unwrap());
    write!(text, " last ÷ first |\n|{}\n", "---|".repeat(sizes.len() + 2)).unwrap();
    for (row, (name, first)) in columns[0].iter().enumerate() {
        let times: Vec<_> = columns.iter().map(|column| column[row].1).collect();
        let cells: Vec<_> = times.iter().map(|time| format!("{time:.2}")).collect();
        writeln!(text, "| {name} | {} | {:.1} |", cells.join(" | "), times.last().unwrap() / first).unwrap();
    }
    text
}
