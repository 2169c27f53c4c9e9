//! nginx with the module Nchan, as Debian packages them.

use super::printed;
use crate::{Failure, plan::Plan};
use std::{
    env, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

const CONFIGURATION: &str = include_str!("../../peers/nginx.conf");

const MODULE: &str = "/usr/lib/nginx/modules/ngx_nchan_module.so";

const ADVICE: &str = "run 'tools/setup bench' (Debian's nginx-light and libnginx-mod-nchan), or leave nchan out of SYSTEMS";

pub fn check() -> Result<(), Failure> {
    let program = program().ok_or_else(|| format!("nginx is not installed: {ADVICE}"))?;
    if !Path::new(MODULE).is_file() {
        return Err(format!("nginx has no Nchan ({MODULE}): {ADVICE}").into());
    }
    let version = printed(&program.to_string_lossy(), "-v");
    version.map(|_| ()).ok_or_else(|| format!("{} does not run: {ADVICE}", program.display()).into())
}

pub fn version() -> String {
    let nginx = program().and_then(|program| printed(&program.to_string_lossy(), "-v")).unwrap_or_default();
    let format = ["-W", "-f", "${Version}", "libnginx-mod-nchan"];
    let nchan = Command::new("dpkg-query").args(format).output().map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    format!("{}, Nchan {}", nginx.rsplit(": ").next().unwrap_or_default(), nchan.unwrap_or_default())
}

pub fn command(plan: &Plan, addr: SocketAddr, folder: &Path) -> Result<Command, Failure> {
    // Started as root, its workers would otherwise be of a user who may not write into the folder. As anybody else, nginx warns of the line.
    let user = if is_root() { "user root;" } else { "" };
    let values = [
        ("{module}", MODULE),
        ("{user}", user),
        ("{files}", &plan.files().to_string()),
        ("{folder}", &folder.display().to_string()),
        ("{port}", &addr.port().to_string()),
    ];
    let text = values.iter().fold(CONFIGURATION.to_owned(), |text, (name, value)| text.replace(name, value));
    let file = folder.join("nginx.conf");
    fs::write(&file, text)?;
    let mut command = Command::new(program().ok_or("nginx is not installed")?);
    command.arg("-p").arg(folder).arg("-e").arg(folder.join("error.log")).arg("-c").arg(file);
    Ok(command)
}

/// Debian has nginx in a folder that is not on everybody's PATH.
fn program() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(["/usr/sbin".into()]);
    folders.map(|folder| folder.join("nginx")).find(|program| program.is_file())
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}
