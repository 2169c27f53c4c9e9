//! The peers that are a file each: in Rust beside the load tool, in Node.js in bench/peers/.

use super::printed;
use crate::Failure;
use std::{
    env::current_exe,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

const PEERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers");

pub fn check(key: &str) -> Result<(), Failure> {
    match binary(key) {
        Some(name) if !beside(name)?.is_file() => Err(format!("{name} is not built: run 'make bench'").into()),
        Some(_) => Ok(()),
        None if printed("node", "--version").is_none() => {
            Err("node is missing: install Node.js 20 (https://nodejs.org), or leave the peer out".into())
        }
        None if !Path::new(PEERS).join("node_modules").join(key).is_dir() => {
            Err(format!("{key} is not installed: run 'tools/setup bench'").into())
        }
        None => Ok(()),
    }
}

pub fn command(key: &str, addr: SocketAddr) -> Result<Command, Failure> {
    let mut command = match binary(key) {
        Some(name) => Command::new(beside(name)?),
        None => {
            let mut command = Command::new("node");
            command.arg(Path::new(PEERS).join(format!("{key}.mjs"))).env("NODE_ENV", "production");
            command
        }
    };
    command.arg(addr.port().to_string());
    Ok(command)
}

pub fn version(key: &str) -> String {
    match key {
        "axum" => format!("axum {}, tokio {}", locked("axum"), locked("tokio")),
        "floor" => format!("mio {}", locked("mio")),
        _ => {
            let text = fs::read_to_string(Path::new(PEERS).join("node_modules").join(key).join("package.json")).unwrap_or_default();
            let package: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
            format!("{key} {}, Node.js {}", package["version"].as_str().unwrap_or("?"), printed("node", "--version").unwrap_or_default())
        }
    }
}

/// A peer that is built with the load tool.
fn binary(key: &str) -> Option<&'static str> {
    match key {
        "floor" => Some("floor"),
        "axum" => Some("axum-sse"),
        _ => None,
    }
}

/// A program in the load tool's own folder.
fn beside(name: &str) -> Result<PathBuf, Failure> {
    Ok(current_exe()?.with_file_name(name))
}

/// The version of a crate in the lock file.
fn locked(name: &str) -> &'static str {
    let lock = include_str!("../../Cargo.lock");
    let package = lock.split_once(&format!("name = \"{name}\"\nversion = \"")).map(|(_, package)| package);
    package.and_then(|package| package.split('"').next()).unwrap_or("?")
}
