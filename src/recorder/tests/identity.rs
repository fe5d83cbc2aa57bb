//! Records that were written at another API server, or under another CA.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::sync::mpsc::channel;

use super::bench::{Bench, Out, apply, done, init};
use crate::inventory::{Cause, Scope, ScopeId};
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
        sender.send(Signal { scope: ScopeId(0), output }).await.unwrap();
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
