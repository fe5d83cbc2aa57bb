//! Stores that are set back and pass the version again, and the audits that find it.

use super::{Logged, SCOPE, World, image_of};
use crate::inventory::{Pod, PodEvent, Uid};
use crate::watch::Output;

impl World {
    /// The store is put back to what it held so many versions ago. A pod comes that nobody but it knows:
    /// so whatever happens afterwards, an audit finds something. Servers cannot outlive their store, and
    /// every connection breaks; the next one resumes without a sign of it.
    pub(in super::super) async fn put_back(&mut self, versions: usize) {
        self.lose().await;
        self.pass(1000);
        let version = self.log.len();
        let back_to = version.saturating_sub(versions);
        self.pods = self.states[back_to].clone();
        // What is undone is no event any more: other writes took its versions.
        self.log[back_to..].fill(Logged::Other);
        let uid = Uid((u128::MAX - u128::try_from(self.truth.len()).unwrap()).to_be_bytes());
        let name = format!("hidden-{}", self.truth.len());
        let pod = Pod { uid, ..Self::pod(&name, &name, None) };
        self.pods.insert(name, pod);
        self.states[version] = self.pods.clone();
        self.truth.push((self.now(), self.pods.values().map(image_of).collect()));
    }

    /// An audit begins, if none is under way: it will show the pods of now.
    pub(in super::super) async fn begin_audit(&mut self) {
        let Some(life) = self.life.as_mut().filter(|life| life.is_connected && life.unshown.is_none()) else {
            return;
        };
        life.unshown = Some(self.pods.values().cloned().collect());
        self.tell(Output::Pod(PodEvent::Audit(SCOPE))).await;
    }

    /// The audit under way shows so many pods more, and ends where those were the last.
    pub(in super::super) async fn audit(&mut self, pods: usize) {
        for _ in 0..pods {
            let Some(unshown) = self.life.as_mut().and_then(|life| life.unshown.as_mut()) else { return };
            let Some(pod) = unshown.pop() else {
                self.end_audit(PodEvent::InitDone { scope: SCOPE, sweep: true }).await;
                return;
            };
            self.tell(Output::Pod(PodEvent::Audited(SCOPE, pod))).await;
        }
    }

    /// The audit under way breaks off, and the watch goes on.
    pub(in super::super) async fn break_audit(&mut self) {
        self.end_audit(PodEvent::InitBroken(SCOPE)).await;
    }

    async fn end_audit(&mut self, event: PodEvent) {
        let unshown = self.life.as_mut().and_then(|life| life.unshown.take());
        if unshown.is_some() {
            self.tell(Output::Pod(event)).await;
        }
    }

    /// A whole audit, whatever was under way.
    pub(in super::super) async fn audit_all(&mut self) {
        self.break_audit().await;
        self.begin_audit().await;
        self.audit(usize::MAX).await;
    }
}
