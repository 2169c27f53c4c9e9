//! A disk that is full.

use crate::window::Fault;
use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    process::Command,
};

/// A small disk of its own; it can be mounted by root alone.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Of so many MiB, with these options beside. None where it cannot be mounted.
    pub fn mount(folder: &Path, size: usize, options: &str) -> Option<Self> {
        let options = format!("size={size}m{options}");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder).status();
        mounted.is_ok_and(|status| status.success()).then(|| Self(folder.into()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

impl Fault for &SmallDisk {
    async fn begin(&mut self) {
        let mut filler = File::create(self.0.join("filler")).unwrap();
        let full = std::iter::repeat_with(|| filler.write_all(&[0; 512])).find_map(Result::err).unwrap();
        assert_eq!(full.kind(), ErrorKind::StorageFull);
    }

    async fn end(&mut self) {
        fs::remove_file(self.0.join("filler")).unwrap();
    }
}
