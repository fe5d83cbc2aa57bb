//! Whether a record that was written at another API server, or under another CA, is of the cluster
//! that is watched now: its pods tell.

use tokio::sync::mpsc::Receiver;

use super::{Recorder, RecorderError, Restored, escape_scope};
use crate::inventory::{PodEvent, Scope, ScopeId};
use crate::record::RecordError;
use crate::watch::{Output, Signal};

/// Of fewer pods than this, all may have been replaced within a day.
const ENOUGH_PODS: usize = 20;

impl Restored {
    /// Waits until a pod is seen that the record knows, where there is reason to ask for one; returns
    /// the signals that came until then. Nothing of the record is changed before.
    ///
    /// # Errors
    /// [`RecordError::OtherPods`] where all pods were listed, and the record knows none of them.
    pub async fn confirm(
        &mut self,
        scopes: &[(ScopeId, Scope)],
        signals: &mut Receiver<Signal>,
    ) -> Result<Vec<Signal>, RecorderError> {
        let mut early = Vec::new();
        if !self.opened.is_elsewhere {
            return Ok(early);
        }
        if self.is_adopting || self.opened.known_pods < ENOUGH_PODS {
            log::warn!(
                "the record was written at another API server or CA and is continued, with all pods read \
                 anew; if this is another cluster, stop and name another record"
            );
            return Ok(early);
        }
        let mut unlisted: Vec<ScopeId> = scopes.iter().map(|(scope, _)| *scope).collect();
        while let Some(signal) = signals.recv().await {
            match &signal.output {
                Output::Notice(notice) => {
                    let scope = scopes.iter().find(|(id, _)| *id == signal.scope);
                    let text = scope.map(|(_, scope)| scope.to_string()).unwrap_or_default();
                    log::log!(target: "kimager::watch", notice.level(), "{}: {notice}", escape_scope(&text));
                    continue;
                }
                Output::Pod(PodEvent::Apply(_, pod)) if self.inventory.knows(pod) => {
                    log::info!(
                        "the record was written at another API server or CA; its pods are still there"
                    );
                    early.push(signal);
                    break;
                }
                Output::Pod(PodEvent::Init(scope, _)) => unlisted.push(*scope),
                Output::Pod(PodEvent::InitDone { scope, .. }) => unlisted.retain(|other| other != scope),
                _ => {}
            }
            early.push(signal);
            if unlisted.is_empty() {
                return Err(RecordError::OtherPods { known: self.opened.known_pods }.into());
            }
        }
        Ok(early)
    }
}

impl Recorder {
    /// What is to be taken in now that a signal came. While it is not known whether a server that changed
    /// its authorities is still that of the record, what it tells is held back.
    ///
    /// # Errors
    /// As [`Restored::confirm`].
    pub(super) fn confirmed(&mut self, signal: Signal) -> Result<Confirmed, RecorderError> {
        let scope = signal.scope;
        if signal.output == Output::Elsewhere {
            self.question(scope);
            return Ok(Confirmed::None);
        }
        let Some(held) = self.unconfirmed.get_mut(&scope) else { return Ok(Confirmed::One(signal)) };
        match &signal.output {
            Output::Notice(_) => return Ok(Confirmed::One(signal)),
            // It showed no pod that is known. Another list follows.
            Output::Pod(PodEvent::InitBroken(_)) => held.clear(),
            Output::Pod(PodEvent::InitDone { .. }) => {
                return Err(RecordError::OtherPods { known: self.known_pods(scope) }.into());
            }
            Output::Pod(PodEvent::Apply(_, pod)) if self.inventory.knows(pod) => {
                log::info!("the API server has another CA; the pods that the record knows are still there");
                let mut held = self.unconfirmed.remove(&scope).unwrap_or_default();
                held.push(signal);
                return Ok(Confirmed::Held(held));
            }
            _ => held.push(signal),
        }
        Ok(Confirmed::None)
    }

    /// From here on it must be confirmed that the server is that of the record.
    fn question(&mut self, scope: ScopeId) {
        if self.known_pods(scope) < ENOUGH_PODS {
            log::warn!(
                "the API server has another CA, and all pods are read anew; if this is another cluster, stop \
                 and name another record"
            );
        } else {
            self.unconfirmed.insert(scope, Vec::new());
        }
    }

    fn known_pods(&self, scope: ScopeId) -> usize {
        let text = self.scopes.text(scope);
        let pods = self.inventory.shapes().filter(|(shape, _)| shape.scope == *text);
        pods.map(|(_, pods)| pods as usize).sum()
    }
}

/// What of a scope's signals is to be taken in.
#[derive(Debug)]
pub(super) enum Confirmed {
    /// Nothing yet.
    None,
    /// This one.
    One(Signal),
    /// Those that were held back.
    Held(Vec<Signal>),
}
