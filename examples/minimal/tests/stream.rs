//! The example, over real sockets.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, TcpStream},
    process::{Child, Command, Stdio},
    time::Duration,
};

/// How long a test waits for what must come: long enough for a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

struct Program {
    child: Child,
    address: String,
}

impl Program {
    fn start() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_minimal"));
        let mut child = command.env("ADDR", "127.0.0.1:0").stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, address: line.trim().strip_prefix("http://").unwrap().to_owned() }
    }

    fn say(&self, user: &str, text: &str) {
        let mut socket = self.connect();
        let length = text.len();
        write!(socket, "POST /say/{user} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{text}").unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    }

    fn open(&self, user: &str, last_event_id: Option<&str>) -> Stream {
        let mut socket = self.connect();
        let resume = last_event_id.map(|id| format!("last-event-id: {id}\r\n")).unwrap_or_default();
        write!(socket, "GET /events/{user} HTTP/1.1\r\nhost: x\r\n{resume}\r\n").unwrap();
        let mut stream = Stream(BufReader::new(socket));
        assert_eq!(stream.next().kind, "connected");
        stream
    }

    fn connect(&self) -> TcpStream {
        let socket = TcpStream::connect(&self.address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Stream(BufReader<TcpStream>);

#[derive(Debug, Default, PartialEq)]
struct Event {
    id: String,
    kind: String,
    data: String,
}

impl Stream {
    /// The next event. Lines that are no field of one (the head of the response, the sizes of its chunks) are passed over.
    fn next(&mut self) -> Event {
        let mut event = Event::default();
        loop {
            let mut line = String::new();
            assert!(self.0.read_line(&mut line).unwrap() > 0, "the stream has ended");
            match line.trim_end().split_once(": ") {
                Some(("id", id)) => event.id = id.into(),
                Some(("event", kind)) => event.kind = kind.into(),
                Some(("data", data)) => event.data = data.into(),
                None if line == "\n" => return event,
                _ => {}
            }
        }
    }

    fn said(&mut self) -> String {
        let event = self.next();
        assert_eq!(event.kind, "said");
        event.data
    }

    fn cut(self) {
        self.0.into_inner().shutdown(Shutdown::Both).unwrap();
    }
}

#[test]
fn a_broken_connection_resumes_without_gap_or_repeat() {
    let program = Program::start();
    let mut stream = program.open("ada", None);
    program.say("ada", "one");
    let one = stream.next();
    assert_eq!(one.data, "one");
    stream.cut();
    program.say("ada", "two");
    program.say("ada", "three");
    let mut stream = program.open("ada", Some(&one.id));
    program.say("ada", "four");
    assert_eq!([stream.said(), stream.said(), stream.said()], ["two", "three", "four"]);
}

#[test]
fn two_users_do_not_hear_each_other() {
    let program = Program::start();
    let (mut ada, mut grace) = (program.open("ada", None), program.open("grace", None));
    for (user, text) in [("ada", "for ada"), ("grace", "for grace"), ("ada", "for ada again"), ("grace", "for grace again")] {
        program.say(user, text);
    }
    assert_eq!([ada.said(), ada.said()], ["for ada", "for ada again"]);
    assert_eq!([grace.said(), grace.said()], ["for grace", "for grace again"]);
}

#[test]
fn a_position_of_another_process_gets_a_resync() {
    let program = Program::start();
    assert_eq!(program.open("ada", Some("elsewhere-7")).next().kind, "resync");
}
