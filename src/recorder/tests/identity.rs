//! Records that were written at another API server, or under another CA.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::sync::mpsc::channel;
use tokio::time::Instant;

use super::bench::{Bench, Out, apply, done, init};
use crate::inventory::{Cause, PodEvent, Scope, ScopeId};
use crate::record::{Identity, RecordError, SqliteStore};
use crate::recorder::{RecorderError, Restored};
use crate::watch::{Output, Signal};

fn store(path: &Path, server: &str) -> SqliteStore {
    let identity = Identity { cluster: "test".to_owned(), server: server.to_owned() };
    SqliteStore::create_or_open(path, &identity).unwrap()
}

/// A record of so many pods, written at the server `here`.
async fn record(pods: usize) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.db");
    let mut bench = Bench::on_store(store(&path, "here"), Out::default(), &[Scope::default()]);
    bench.tell(init(Cause::Start)).await;
    for pod in 0..pods {
        bench.tell(apply(&format!("known-{pod}"), &["x"])).await;
    }
    bench.tell(done()).await;
    bench.stop().await.unwrap();
    (folder, path)
}

/// How many signals a start at another server takes in before it knows the cluster.
async fn confirm(path: &Path, is_adopting: bool, outputs: Vec<Output>) -> Result<usize, RecorderError> {
    let mut restored = Restored::open(Box::new(store(path, "there")), is_adopting).unwrap();
    let scopes = [(restored.scope(&Scope::default()).0, Scope::default())];
    let (sender, mut signals) = channel(16);
    for output in outputs {
        sender.send(Signal { scope: ScopeId(0), output, came: Instant::now() }).await.unwrap();
    }
    drop(sender);
    restored.confirm(&scopes, &mut signals).await.map(|early| early.len())
}

#[tokio::test]
async fn a_cluster_is_known_by_its_pods_at_another_server() {
    let (_folder, path) = record(20).await;
    let outputs = vec![init(Cause::Start), apply("new", &["y"]), apply("known-7", &["x"]), done()];
    assert_eq!(confirm(&path, false, outputs).await.unwrap(), 3, "as soon as one is seen");
}

#[tokio::test]
async fn a_cluster_with_none_of_the_known_pods_is_refused_and_the_record_left_as_it_is() {
    let (_folder, path) = record(20).await;
    let before = fs::read(&path).unwrap();
    let strangers = || vec![init(Cause::Start), apply("new", &["y"]), done()];
    let error = confirm(&path, false, strangers()).await.unwrap_err();
    let is_it = matches!(&error, RecorderError::Record(RecordError::OtherPods { known: 20 }));
    assert!(is_it && error.to_string().contains("--adopt"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(confirm(&path, true, strangers()).await.unwrap(), 0, "unless it is adopted");
}

#[tokio::test]
async fn a_list_that_breaks_off_decides_nothing() {
    let (_folder, path) = record(20).await;
    let again = init(Cause::Start);
    let outputs = vec![init(Cause::Start), apply("new", &["y"]), again, apply("known-0", &["x"])];
    assert_eq!(confirm(&path, false, outputs).await.unwrap(), 4);
}

#[tokio::test]
async fn a_few_pods_may_all_have_been_replaced() {
    let (_folder, path) = record(19).await;
    assert_eq!(confirm(&path, false, vec![init(Cause::Start), done()]).await.unwrap(), 0);
}

/// What a recorder of so many pods comes to when its server gets other authorities and then tells this.
async fn moved(pods: usize, outputs: Vec<Output>) -> (Vec<String>, Result<(), String>) {
    let mut bench = Bench::new();
    bench.tell(init(Cause::Start)).await;
    for pod in 0..pods {
        bench.tell(apply(&format!("known-{pod}"), &["x"])).await;
    }
    for output in [done(), Output::InSight, Output::Lost, Output::Version(None), Output::Elsewhere] {
        bench.tell(output).await;
    }
    for output in outputs {
        bench.tell(output).await;
    }
    let ended = bench.stop().await.map(|_| ()).map_err(|error| error.to_string());
    (bench.out.lines(), ended)
}

#[tokio::test]
async fn a_cluster_is_known_by_its_pods_where_the_authority_is_replaced_while_it_is_watched() {
    let pods = |names: &[&str]| {
        let shown = names.iter().map(|name| apply(name, &["y"]));
        [init(Cause::Relist)].into_iter().chain(shown).chain([done()]).collect::<Vec<_>>()
    };
    let (lines, ended) = moved(20, pods(&["new", "new-2"])).await;
    assert!(ended.is_err_and(|error| error.contains("none of the 20 pods")), "another cluster");
    assert!(lines.iter().all(|line| !line.contains(" y ")), "of which nothing is said: {lines:?}");

    let told = ["[+|image] x [shop|known-0]", "[+|image] y [shop|known-7]", "[-|image] x [shop|known-0]"];
    assert_eq!(moved(20, pods(&["new", "known-7"])).await, (told.map(str::to_owned).to_vec(), Ok(())));

    let (lines, ended) = moved(19, pods(&["new"])).await;
    assert_eq!((lines.len(), ended), (3, Ok(())), "a few may all have been replaced");

    let broken = Output::Pod(PodEvent::InitBroken(ScopeId(0)));
    let list = [init(Cause::Relist), apply("new", &["z"]), broken].into_iter().chain(pods(&["known-7"]));
    let (lines, ended) = moved(20, list.collect()).await;
    assert_eq!(ended, Ok(()));
    assert!(
        lines.iter().all(|line| !line.contains(" z ")),
        "a list that breaks off decides nothing: {lines:?}"
    );
}
