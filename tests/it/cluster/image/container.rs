//! An image run as a node runs it, without a node: its files as a read-only root with nothing else,
//! its user without any privilege, a volume for the record, and files mounted as the kubelet does.

use std::fs::{self, File};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use super::archive::image;

/// The mounts are in a namespace of their own, and go with it. No `/proc`, no `/dev`, no `/tmp`.
const NODE: &str = r#"
    root=$1 volume=$2 workdir=$3
    shift 3
    mount --bind "$root" "$root"
    while [ "$1" != -- ]; do
        mount --bind "$1" "$root$2"
        shift 2
    done
    shift
    mount -o remount,bind,ro "$root"
    if [ -n "$volume" ]; then mount --bind "$volume" "$root$workdir"; fi
    exec env -i "$@"
"#;

/// What a pod is given.
pub(super) struct Container {
    root: TempDir,
    volume: Option<TempDir>,
    mounts: Vec<String>,
    environment: Vec<String>,
    files: TempDir,
}

impl Container {
    /// One with the image's own environment, and an empty volume for the record.
    pub(super) fn new() -> Self {
        let volume = TempDir::with_prefix("kimager-volume-").expect("a temporary folder");
        let (user, group) = user();
        chown(volume.path(), Some(user), Some(group)).expect("the volume is given to the user; be root");
        Self { volume: Some(volume), ..Self::without_volume() }
    }

    /// One in which nothing can be written.
    pub(super) fn without_volume() -> Self {
        let root = TempDir::with_prefix("kimager-root-").expect("a temporary folder");
        image().unpack(root.path());
        Self {
            root,
            volume: None,
            mounts: Vec::new(),
            environment: image().words("Env").into_iter().map(str::to_owned).collect(),
            files: TempDir::with_prefix("kimager-mounts-").expect("a temporary folder"),
        }
    }

    /// Mounts a file at a path, which a runtime makes first.
    pub(super) fn mount(mut self, path: &str, content: &str) -> Self {
        let file = self.files.path().join(self.mounts.len().to_string());
        fs::write(&file, content).expect("a file is written");
        let place = self.place(path);
        fs::create_dir_all(place.parent().expect("a folder")).expect("the place of a mount");
        File::create(&place).expect("the place of a mount");
        self.mounts.extend([file.display().to_string(), path.to_owned()]);
        self
    }

    /// Sets a variable of the environment.
    pub(super) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push(format!("{name}={value}"));
        self
    }

    /// Takes a file out of the image.
    pub(super) fn without(self, path: &str) -> Self {
        fs::remove_file(self.place(path)).expect("the image has that file");
        self
    }

    /// Where a path of the container lies outside of it.
    fn place(&self, path: &str) -> PathBuf {
        self.root.path().join(path.trim_start_matches('/'))
    }

    /// The image's entry point with these arguments.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut all = image().words("Entrypoint");
        all.extend(arguments);
        self.exec(&all)
    }

    /// Another command in the same container, found by its `PATH`, as `kubectl exec` runs it.
    pub(super) fn exec(&self, words: &[&str]) -> Command {
        let (user, group) = user();
        let workdir = image().says("WorkingDir").as_str().expect("a folder to work in");
        let mut command = Command::new("unshare");
        command.args(["--mount", "--", "sh", "-euc", NODE, "node"]);
        command.arg(self.root.path());
        command.arg(self.volume.as_ref().map_or(Path::new(""), TempDir::path));
        command.arg(workdir).args(&self.mounts).arg("--").args(&self.environment);
        // The path of chroot itself, since the container's PATH holds already here.
        command.arg(chroot()).args([&format!("--userspec={user}:{group}"), &format!("--groups={group}")]);
        command.arg(self.root.path()).args(words).stdin(Stdio::null());
        command
    }

    /// What the entry point says with these arguments, and how it ends.
    pub(super) fn run(&self, arguments: &[&str]) -> Said {
        let output = self.command(arguments).output().expect("`unshare` starts");
        Said::from(output)
    }
}

/// What a program said.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }
}

/// The user and group of the image.
fn user() -> (u32, u32) {
    let text = image().says("User").as_str().expect("a user");
    let (user, group) = text.split_once(':').expect("a user and a group");
    let number = |text: &str| text.parse().expect("a number");
    (number(user), number(group))
}

fn chroot() -> &'static str {
    let places = ["/usr/sbin/chroot", "/usr/bin/chroot"];
    places.into_iter().find(|place| Path::new(place).exists()).expect("chroot is there")
}
