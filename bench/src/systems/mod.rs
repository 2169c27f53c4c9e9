//! The systems that are measured: how each is started, how it is asked, and what it does that others do not.

mod nchan;
mod orderwire;
mod peers;
mod requests;

pub use orderwire::{Accounts, prepare};

use orderwire::Way;
pub use requests::Requests;

use crate::{
    Failure,
    plan::Plan,
    process::{Process, free_port},
};
use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

/// The names that `SYSTEMS` may have.
pub const KEYS: [&str; 8] = ["floor", "nchan", "axum", "orderwire", "orderwire-ordinary", "orderwire-postgres", "express", "better-sse"];

pub struct System {
    pub key: &'static str,
    pub name: &'static str,
    /// Whether a stream that comes back gets what it has missed.
    pub resumes: bool,
    /// Whether pushes alone are measured, since the rest is another system's.
    pub only_pushes: bool,
    /// What its users have to build, or to do without.
    pub lacks: &'static str,
    /// Where it is the better choice.
    pub ahead: &'static str,
}

/// All systems, in the order of [`KEYS`].
pub const SYSTEMS: [System; 8] = [
    System {
        key: "floor",
        name: "the floor",
        resumes: false,
        only_pushes: false,
        lacks: "everything: one send(2) a stream, and what a socket does not take is lost",
        ahead: "no server can be cheaper",
    },
    System {
        key: "nchan",
        name: "nginx with Nchan",
        resumes: true,
        only_pushes: false,
        lacks: "a durable log (messages are kept in memory, up to a count and an age, and are gone with nginx), accounts and rights (another \
                server has to answer for them), a word to the reader where its position is no longer kept",
        ahead: "pushes, which it only keeps in memory; WebSocket, long-polling and channel groups too; Redis instead of memory, where several \
                instances share channels",
    },
    System {
        key: "axum",
        name: "axum `Sse`, broadcast channel",
        resumes: false,
        only_pushes: false,
        lacks: "a log, resume, accounts and rights; a stream that falls behind misses events without a word",
        ahead: "a page of code; pushes, which it keeps nowhere",
    },
    System {
        key: "orderwire",
        name: "**Orderwire**",
        resumes: true,
        only_pushes: false,
        lacks: "rooms or topics: an event is for one user, staff or everyone; a push is answered after the commit, which no other here waits for",
        ahead: "the only one here with a durable log, resume from it after any restart, and streams that end with their session",
    },
    System {
        key: "orderwire-ordinary",
        name: "Orderwire without direct streams",
        resumes: true,
        only_pushes: false,
        lacks: "as Orderwire; and with `--direct-streams=false` each stream stays in a connection of hyper, as those over TLS and \
                HTTP/2 do (what these cost themselves is not in it)",
        ahead: "as Orderwire; and any connection can have its streams this way",
    },
    System {
        key: "orderwire-postgres",
        name: "Orderwire on PostgreSQL",
        resumes: true,
        only_pushes: true,
        lacks: "as Orderwire; and another server has to run, whose CPU time is not in it",
        ahead: "as Orderwire; and several instances serve the same streams",
    },
    System {
        key: "express",
        name: "Express 5",
        resumes: false,
        only_pushes: false,
        lacks: "a log, resume, accounts and rights; what a slow reader does not take piles up in memory",
        ahead: "a page of code in the language of the browser",
    },
    System {
        key: "better-sse",
        name: "better-sse",
        resumes: false,
        only_pushes: false,
        lacks: "a log, accounts and rights; it hands over the last event's id, and finding what was missed is left to its user",
        ahead: "a typed interface for any Node.js framework, with streams and iterables as sources",
    },
];

impl System {
    pub fn find(key: &str) -> Option<&'static Self> {
        SYSTEMS.iter().find(|system| system.key == key)
    }

    /// Whether it is Orderwire, in any of its ways.
    pub fn is_orderwire(&self) -> bool {
        self.key.starts_with("orderwire")
    }

    /// Which way of Orderwire it is.
    fn way(&self) -> Way {
        match self.key {
            "orderwire-ordinary" => Way::Ordinary,
            "orderwire-postgres" => Way::Postgres,
            _ => Way::Direct,
        }
    }

    /// Whether it keeps its data in PostgreSQL.
    pub fn needs_postgres(&self) -> bool {
        self.way() == Way::Postgres
    }

    /// Whether it can be started here, before anything is measured. Otherwise: what to do.
    pub fn check(&self, plan: &Plan) -> Result<(), Failure> {
        match self.key {
            _ if self.is_orderwire() => orderwire::check(plan),
            "nchan" => nchan::check(),
            _ => peers::check(self.key),
        }
    }

    /// Its version, and that of what runs it.
    pub fn version(&self, plan: &Plan) -> String {
        match self.key {
            _ if self.is_orderwire() => orderwire::version(plan),
            "nchan" => nchan::version(),
            _ => peers::version(self.key),
        }
    }

    /// Starts it anew, with nothing of an earlier run.
    pub fn start(&self, plan: &Plan, accounts: &Accounts) -> Result<Running, Failure> {
        let folder = Folder::make(&plan.work.join(format!("{}-{}", self.key, std::process::id())))?;
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let mut command = match self.key {
            _ if self.is_orderwire() => orderwire::command(plan, accounts, addr, &folder.0, self.way())?,
            "nchan" => nchan::command(plan, addr, &folder.0)?,
            _ => peers::command(self.key, addr)?,
        };
        let process = Process::start(self.name, &mut command, addr, &folder.0)?;
        let requests = match self.key {
            _ if self.is_orderwire() => Requests::signed_in(addr, accounts.cookies(self.way()).to_vec()),
            "nchan" => Requests::nchan(addr),
            _ => Requests::open(addr),
        };
        Ok(Running { process, addr, requests, folder })
    }
}

/// A system that runs. Dropped, it is stopped, and what it has written is deleted.
pub struct Running {
    pub process: Process,
    pub addr: SocketAddr,
    pub requests: Requests,
    folder: Folder,
}

impl Running {
    /// Where what it writes is.
    pub fn folder(&self) -> &Path {
        &self.folder.0
    }
}

/// A folder that is deleted when it is dropped.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn make(path: &Path) -> Result<Self, Failure> {
        fs::create_dir_all(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self(path.canonicalize()?))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What a program prints about its version; `None` where there is no such program.
fn printed(program: &str, argument: &str) -> Option<String> {
    let output = std::process::Command::new(program).arg(argument).output().ok()?;
    // nginx prints to standard error.
    Some(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_names_a_system() {
        assert_eq!(SYSTEMS.map(|system| system.key), KEYS);
    }
}
