//! Credentials that stop being good while the program runs.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::accounts::Reach;
use super::kimager::{Kimager, PATIENCE, event};
use super::planes::disposable;
use super::pods::Pod;
use super::said::{fence, untimed};

/// Puts another token in the place of the one in a file, as a kubelet does.
fn rotate(file: &Path, token: &str) {
    let new = file.with_extension("new");
    fs::write(&new, token).expect("the token is written");
    fs::rename(&new, file).expect("the token is put in place");
}

#[test]
fn a_token_that_is_good_no_more_is_told_once_and_one_in_its_place_is_found() {
    let mut plane = disposable();
    plane.api().create_namespace("rotated");
    let account = plane.api().create_account("rotated", "watcher");
    plane.api().grant(&account, Reach::Namespace("rotated"), &["get", "list", "watch"]);
    let folder = tempfile::tempdir().expect("a folder");
    let token = folder.path().join("token");
    rotate(&token, &plane.api().token(&account));
    let kubeconfig = plane.kubeconfig_as(&json!({ "tokenFile": token }));
    plane.api().create_pod(Pod::new("rotated", "before").app("app", "before:1"));
    let kimager = Kimager::start(&kubeconfig, "memory", &["-n", "rotated"]);
    kimager.wait_for_line(event("+|image", "before:1", "rotated|before"), PATIENCE);

    // The watch lives on; it is the next request that is refused.
    plane.api().renew_account(&account);
    plane.restart_apiserver();
    kimager.wait_for_line(|line| line.contains("check the credentials"), PATIENCE);
    plane.api().create_pod(Pod::new("rotated", "meanwhile").app("app", "meanwhile:1"));
    rotate(&token, &plane.api().token(&account));
    kimager.wait_for_line(|line| line.contains("works again after "), PATIENCE);
    let said = kimager.said_before(plane.api(), &fence("rotated"));
    assert_eq!(
        untimed(&said),
        ["[+|image]  before:1  [rotated|before]", "[+|image]  meanwhile:1  [rotated|meanwhile]"]
    );
    let mut complaints = kimager.complaints();
    complaints.retain(|line| line.contains("check the credentials"));
    assert_eq!(complaints.len(), 1, "{complaints:#?}");
}

#[test]
fn an_authority_in_the_place_of_the_one_that_was_trusted_is_found() {
    let mut plane = disposable();
    plane.api().create_namespace("authority");
    plane.api().create_pod(Pod::new("authority", "before").app("app", "before:1"));
    let kimager = Kimager::start(&plane.admin_kubeconfig(), "memory", &["-n", "authority"]);
    kimager.wait_for_line(event("+|image", "before:1", "authority|before"), PATIENCE);

    plane.rotate_certificate();
    kimager.wait_for_line(|line| line.contains("check the certificate authority"), PATIENCE);
    kimager.wait_for_line(|line| line.contains("works again after "), PATIENCE);
    plane.api().create_pod(Pod::new("authority", "after").app("app", "after:1"));
    let said = kimager.said_before(plane.api(), &fence("authority"));
    assert_eq!(
        untimed(&said),
        ["[+|image]  before:1  [authority|before]", "[+|image]  after:1  [authority|after]"]
    );
}
