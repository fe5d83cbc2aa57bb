//! One look at a cluster: its pods as they are now.

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::AUDIT_EVERY;
use super::driver::Watch;
use super::notice::{Notice, Trouble};
use super::step::Output;
use super::wire::PodReader;
use crate::connect::Cluster;
use crate::inventory::{Inventory, PodEvent, Scope, ScopeId, Time};

/// Why the pods could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The server could not be asked, or refused.
    #[error("reading the pods of {scope}: {}; {}", trouble.text, trouble.kind.remedy())]
    Trouble {
        /// What was to be read.
        scope: String,
        /// What came.
        trouble: Trouble,
    },
    /// A part of the program failed.
    #[error("reading the pods: {0}; this is a bug in kimager, please report it")]
    Task(String),
}

/// The pods of some scopes.
#[derive(Debug)]
pub struct Listed {
    /// The images that they use.
    pub inventory: Inventory,
    /// What there is to tell about how it went.
    pub notices: Vec<Notice>,
}

/// The list of a scope under way.
struct List {
    scope: ScopeId,
    pods: usize,
    is_whole: bool,
}

/// Reads all pods of some scopes once. `progress` is told how many were read so far.
///
/// # Errors
/// On the first trouble: there is somebody who waits for the answer.
pub async fn list_once(
    cluster: &Cluster,
    scopes: &[Scope],
    reader: &PodReader,
    mut progress: impl FnMut(usize),
) -> Result<Listed, ListError> {
    let mut listed = Listed { inventory: Inventory::default(), notices: Vec::new() };
    let (sender, mut signals) = mpsc::channel(256);
    let mut watches = JoinSet::new();
    let mut lists = Vec::new();
    for scope in scopes {
        let id = listed.inventory.scope(scope);
        let (cluster, reader, sender) = (cluster.clone(), reader.clone(), sender.clone());
        let scope = scope.clone();
        let watch = Watch { cluster, scope, id, version: None, reader, audit_every: AUDIT_EVERY, seed: 0 };
        watches.spawn(async move { watch.run(&sender).await });
        lists.push(List { scope: id, pods: 0, is_whole: false });
    }
    drop(sender);
    while !lists.iter().all(|list| list.is_whole) {
        let Some(signal) = signals.recv().await else {
            let cause = watches.join_next().await.and_then(Result::err).map(|error| error.to_string());
            return Err(ListError::Task(cause.unwrap_or_default()));
        };
        let Some(at) = lists.iter().position(|list| list.scope == signal.scope) else { continue };
        match signal.output {
            Output::Pod(event) => {
                match event {
                    PodEvent::Init(..) => lists[at].pods = 0,
                    PodEvent::InitDone { .. } => lists[at].is_whole = true,
                    _ => lists[at].pods += 1,
                }
                listed.inventory.apply(event, Time::default());
                progress(lists.iter().map(|list| list.pods).sum());
            }
            Output::Notice(Notice::Trouble(trouble)) => {
                return Err(ListError::Trouble { scope: scopes[at].to_string(), trouble });
            }
            Output::Notice(notice) => listed.notices.push(notice),
            Output::Version(_)
            | Output::Lost
            | Output::InSight
            | Output::Live
            | Output::Elsewhere
            | Output::Unreadable => {}
        }
    }
    watches.shutdown().await;
    Ok(listed)
}
