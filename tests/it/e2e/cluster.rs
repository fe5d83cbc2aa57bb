//! The cluster of `KUBECONFIG`, and Helm and kubectl as its administrator uses them.

use std::env;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::chart::helm::CHART;
use crate::cluster::kimager::Kimager;
use crate::ran::{Ran, until_within};
use crate::repository::root;

/// A node may have an image to pull, and a schedule a minute to come.
pub(super) const PATIENCE: Duration = Duration::from_mins(3);

/// Runs kubectl.
pub(super) fn kubectl(arguments: &[&str]) -> Ran {
    run("kubectl", arguments)
}

/// Runs Helm in the repository's folder.
pub(super) fn helm(arguments: &[&str]) -> Ran {
    run("helm", arguments)
}

/// What kubectl prints as JSON.
#[track_caller]
pub(super) fn get(arguments: &[&str]) -> Value {
    let printed = kubectl(&[&["get", "-o", "json"], arguments].concat()).done();
    serde_json::from_str(&printed).expect("JSON")
}

/// Makes an object.
#[track_caller]
pub(super) fn apply(object: &Value) {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(object.to_string().as_bytes()).expect("the object is written");
    kubectl(&["apply", "-f", file.path().to_str().expect("a path in Unicode")]).done();
}

/// What a shell does, in the repository's folder, until it is dropped.
pub(super) fn follow(typed: &str) -> Kimager {
    Kimager::spawn(Command::new("sh").args(["-c", &format!("exec {typed}")]).current_dir(root()))
}

fn run(program: &str, arguments: &[&str]) -> Ran {
    Ran::of(Command::new(program).args(arguments).current_dir(root()).stdin(Stdio::null()))
}

/// What the namespaces of these tests have, and no other.
const OURS: &str = "kimager-e2e=true";

/// A namespace of a test; dropping it deletes it and all that is in it, if the test has made it.
pub(super) struct Namespace(pub(super) &'static str);

impl Namespace {
    /// Makes one that takes pods of `restricted` only.
    #[track_caller]
    pub(super) fn restricted(name: &'static str) -> Self {
        let namespace = Self::claim(name);
        namespace.make();
        kubectl(&["label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted"]).done();
        namespace
    }

    /// One that is not there yet: what an interrupted run left is removed, what is somebody else's is not.
    #[track_caller]
    pub(super) fn claim(name: &'static str) -> Self {
        Self::delete(name, &["--wait=true"]).done();
        let found = kubectl(&["get", "namespace", name, "--ignore-not-found", "--output=name"]).done();
        assert_eq!(found.trim(), "", "there is a {name} that is not of these tests: use another cluster");
        Self(name)
    }

    #[track_caller]
    pub(super) fn make(&self) {
        kubectl(&["create", "namespace", self.0]).done();
        self.made();
    }

    /// It is there, and is ours.
    #[track_caller]
    pub(super) fn made(&self) {
        kubectl(&["label", "namespace", self.0, OURS]).done();
    }

    fn delete(name: &str, arguments: &[&str]) -> Ran {
        let (selector, field) =
            (format!("--selector={OURS}"), format!("--field-selector=metadata.name={name}"));
        kubectl(&[&["delete", "namespace", &*selector, &*field], arguments].concat())
    }

    /// Installs the chart with the image that is tested; `--wait` is the caller's.
    #[track_caller]
    pub(super) fn install(&self, arguments: &[&str]) -> Ran {
        let image = image_values();
        helm(&[&["install", "-n", self.0, "kimager", CHART, "--set", &*image], arguments].concat())
    }

    /// What kimager's pod has logged.
    #[track_caller]
    pub(super) fn log(&self) -> String {
        kubectl(&["logs", "-n", self.0, "deployment/kimager"]).done()
    }

    /// The pod of the release; null before there is one.
    #[track_caller]
    pub(super) fn pod(&self) -> Value {
        let label = "--selector=app.kubernetes.io/component=watch";
        get(&["pods", "-n", self.0, label])["items"][0].clone()
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // What is left if a test failed in between.
        let ours = kubectl(&["get", "namespaces", "--selector", OURS, "--output=name"]).said().0;
        if ours.lines().any(|one| one == format!("namespace/{}", self.0)) {
            helm(&["uninstall", "-n", self.0, "kimager", "--ignore-not-found"]).said();
            Self::delete(self.0, &["--wait=false"]).said();
        }
    }
}

/// The values that name the image that is tested.
pub(super) fn image_values() -> String {
    let image = env::var("KIMAGER_E2E_IMAGE").expect("KIMAGER_E2E_IMAGE names an image; hack/e2e sets it");
    let (name, digest) = image.split_once('@').unwrap_or((&image, ""));
    let (repository, tag) = match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, tag),
        _ => (name, ""),
    };
    format!("image.repository={repository},image.tag={tag},image.digest={digest}")
}

/// Waits until there is something; else tells what there was instead.
#[track_caller]
pub(super) fn until<T>(find: impl FnMut() -> Result<T, String>) -> T {
    until_within(PATIENCE, find)
}
