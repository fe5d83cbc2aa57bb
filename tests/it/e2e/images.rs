//! Images of containers that do nothing: made and put on the nodes, or pulled by them.

use std::env;
use std::process::Command;

use crate::ran::Ran;
use crate::repository::root;

/// What takes an archive to the nodes, where `hack/e2e` was told of such a command.
fn loader() -> Option<String> {
    env::var("KIMAGER_E2E_LOAD").ok().filter(|command| !command.is_empty())
}

/// Whether a tag can be given to another image.
pub(super) fn can_move_tags() -> bool {
    loader().is_some()
}

/// An image of its own. Without a loader it is a public one, of which there are few.
pub(super) fn steady(number: u8) -> String {
    if can_move_tags() {
        let name = format!("e2e.invalid/steady:3.{number}");
        put(&name, &number.to_string());
        name
    } else {
        format!("registry.k8s.io/pause:3.{number}")
    }
}

/// What ends at once in a container of such an image.
pub(super) fn ends_at_once() -> [&'static str; 2] {
    if can_move_tags() { ["/steady", "done"] } else { ["/pause", "-v"] }
}

/// Puts a build of the program on the nodes by this name, in place of what had it before.
#[track_caller]
pub(super) fn put(name: &str, build: &str) {
    let load = loader().expect("a command that loads archives");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let archive = folder.path().join("image.tar");
    let archive = archive.to_str().expect("a path in Unicode");
    Ran::of(Command::new("hack/steady/image").args([name, archive, build]).current_dir(root())).done();
    Ran::of(Command::new("sh").args(["-c", &format!("{load} \"$1\""), "sh", archive]).current_dir(root()))
        .done();
}
