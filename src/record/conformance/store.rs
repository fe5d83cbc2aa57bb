//! What every store that keeps a record must do, checked against a naive model: whatever was
//! committed comes back, and nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::chance::{TEXTS, event, image, image_id, name, pod, shape, shape_id, text, time, uid};
use super::sqlite;
use crate::inventory::Uid;
use crate::inventory::change::{Event, ImageChange, ImageId, ImageRow, PodChange, PodRow, ShapeId, ShapeRow};
use crate::record::past::{Healed, Seen};
use crate::record::{
    Batch, Checkpoint, Cursor, Entry, EventId, MemoryStore, NewStart, Opened, Restore, Store, Trust,
};

const OUTPUTS: [&str; 2] = ["lines", "json"];

/// What the steps so far should have left. Also takes back what a store restores.
#[derive(Clone, Debug, Default, PartialEq)]
struct Model {
    images: BTreeMap<ImageId, ImageRow>,
    shapes: BTreeMap<ShapeId, ShapeRow>,
    pods: BTreeMap<(Arc<str>, Box<str>), PodRow>,
}

impl Restore for Model {
    fn image(&mut self, row: ImageRow) {
        assert!(self.shapes.is_empty(), "images come before shapes");
        assert_eq!(self.images.insert(row.id, row), None);
    }

    fn shape(&mut self, row: &ShapeRow) {
        assert!(self.pods.is_empty(), "shapes come before pods");
        assert_eq!(self.shapes.insert(row.id, row.clone()), None);
    }

    fn pod(&mut self, row: PodRow) {
        assert_eq!(self.pods.insert((Arc::clone(&row.namespace), row.name.clone()), row), None);
    }
}

impl Model {
    fn uses_image(&self, id: ImageId) -> bool {
        self.shapes.values().any(|shape| shape.containers.iter().any(|one| one.image == id))
    }

    fn uses_shape(&self, id: ShapeId) -> bool {
        self.pods.values().any(|pod| pod.shape == id)
    }
}

/// The rest of what is committed with it.
#[derive(Clone, Debug, Default, PartialEq)]
struct Past {
    entries: Vec<Entry>,
    last_sequence: u64,
    checkpoints: BTreeMap<Box<str>, Box<str>>,
    cursors: BTreeMap<Box<str>, u64>,
    last_seen: BTreeMap<Box<str>, Timestamp>,
    trusts: BTreeMap<Box<str>, Trust>,
}

#[derive(Clone, Debug)]
enum Step {
    Image(ImageRow),
    Forget(ImageId),
    Shape(ShapeRow),
    ShapeGone(ShapeId),
    Pod(PodRow),
    PodGone(Arc<str>, Box<str>, Uid),
    Happened(Event, Option<Timestamp>),
    Reached(Arc<str>, Option<Box<str>>),
    Said(&'static str),
    Trusted(Trust),
    /// Stores the batch; twice, as after an error that came too late to be true.
    Commit {
        twice: bool,
    },
    /// What is not committed is lost.
    Reopen {
        tidily: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => image().prop_map(Step::Image),
        1 => image_id().prop_map(Step::Forget),
        4 => shape().prop_map(Step::Shape),
        1 => shape_id().prop_map(Step::ShapeGone),
        6 => pod().prop_map(Step::Pod),
        2 => (text(), name(), uid()).prop_map(|(namespace, name, uid)| Step::PodGone(namespace, name, uid)),
        3 => (event(), option::of(time())).prop_map(|(event, before)| Step::Happened(event, before)),
        1 => (text(), option::of(name())).prop_map(|(scope, version)| Step::Reached(scope, version)),
        1 => prop::sample::select(&OUTPUTS[..]).prop_map(Step::Said),
        1 => trust().prop_map(Step::Trusted),
        2 => any::<bool>().prop_map(|twice| Step::Commit { twice }),
        1 => any::<bool>().prop_map(|tidily| Step::Reopen { tidily }),
    ]
}

fn trust() -> impl Strategy<Value = Trust> {
    let heals = prop::sample::select(vec![
        None,
        Some(Healed::Bridged),
        Some(Healed::Blind),
        Some(Healed::Unwritable),
    ]);
    let parts = (text(), option::of(time()), option::of(time()), heals);
    parts.prop_map(|(scope, proven, on_trust, heals)| Trust { scope, proven, on_trust, heals })
}

/// Turns steps into batches and keeps the model of them; a step that no inventory would make (a
/// pod of an unknown shape) is left out.
struct Run<'store> {
    reopen: &'store dyn Fn() -> Box<dyn Store>,
    store: Option<Box<dyn Store>>,
    opened: Opened,
    start: u64,
    batches: u64,
    /// Batches of all starts.
    commits: i64,
    batch: Batch,
    now: (Model, Past),
    committed: (Model, Past),
}

impl<'store> Run<'store> {
    fn new(reopen: &'store dyn Fn() -> Box<dyn Store>) -> Self {
        let mut store = reopen();
        let mut empty = Model::default();
        let opened = store.restore(&mut empty).unwrap();
        assert_eq!((empty, opened.last_sequence), (Model::default(), 0));
        assert_eq!(store.begin(&start()).unwrap(), 1);
        let committed = Default::default();
        Self {
            reopen,
            store: Some(store),
            opened,
            start: 1,
            batches: 0,
            commits: 0,
            batch: Batch::default(),
            now: Default::default(),
            committed,
        }
    }

    fn store(&mut self) -> &mut dyn Store {
        &mut **self.store.as_mut().unwrap()
    }

    fn step(&mut self, step: Step) {
        let (model, past) = &mut self.now;
        let changes = &mut self.batch;
        match step {
            Step::Image(row) => {
                let is_other = model.images.get(&row.id).is_some_and(|old| old.reference != row.reference);
                if !(is_other && model.uses_image(row.id)) {
                    model.images.insert(row.id, row.clone());
                    changes.images.push(ImageChange::Put(row));
                }
            }
            Step::Forget(id) => {
                if !model.uses_image(id) && model.images.remove(&id).is_some() {
                    changes.images.push(ImageChange::Forget(id));
                }
            }
            Step::Shape(mut row) => {
                row.containers.retain(|container| model.images.contains_key(&container.image));
                for container in &mut row.containers {
                    container.reference = Arc::clone(&model.images[&container.image].reference);
                }
                model.shapes.insert(row.id, row.clone());
                changes.pods.push(PodChange::Shape(Arc::new(row)));
            }
            Step::ShapeGone(id) => {
                if !model.uses_shape(id) && model.shapes.remove(&id).is_some() {
                    changes.pods.push(PodChange::ShapeGone(id));
                }
            }
            Step::Pod(row) => {
                if model.shapes.contains_key(&row.shape) {
                    model.pods.insert((Arc::clone(&row.namespace), row.name.clone()), row.clone());
                    changes.pods.push(PodChange::Put { row, was: None });
                }
            }
            Step::PodGone(namespace, name, uid) => {
                let key = (Arc::clone(&namespace), name.clone());
                if model.pods.get(&key).is_some_and(|pod| pod.uid == uid) {
                    model.pods.remove(&key);
                }
                changes.pods.push(PodChange::Gone { namespace, name, uid, was: ShapeId(0) });
            }
            Step::Happened(event, not_before) => {
                past.last_sequence += 1;
                let entry = Entry {
                    id: EventId {
                        record: Arc::clone(&self.opened.record),
                        start: self.start,
                        sequence: past.last_sequence,
                    },
                    observed: Timestamp::from_millisecond(1_600_000_000_001).unwrap(),
                    not_before,
                    not_after: not_before,
                    event,
                };
                if matches!(&entry.event, Event::Image(event) if event.happening.is_stored()) {
                    past.entries.push(entry.clone());
                }
                self.batch.entries.push(entry);
            }
            Step::Reached(scope, resource_version) => {
                match &resource_version {
                    Some(version) => past.checkpoints.insert(scope.as_ref().into(), version.clone()),
                    None => past.checkpoints.remove(&*scope),
                };
                self.batch.checkpoints.push(Checkpoint { scope, resource_version });
            }
            Step::Said(output) => {
                let sequence = past.last_sequence;
                past.cursors.insert(output.into(), sequence);
                self.batch.cursors.push(Cursor { output, sequence });
            }
            Step::Trusted(trust) => {
                past.trusts.insert(trust.scope.as_ref().into(), trust.clone());
                self.batch.trusts.push(trust);
            }
            Step::Commit { twice } => self.commit(twice),
            Step::Reopen { tidily } => self.reopen(tidily),
        }
    }

    fn commit(&mut self, twice: bool) {
        let mut batch = std::mem::take(&mut self.batch);
        self.batches += 1;
        batch.number = self.batches;
        self.commits += 1;
        // What is seen goes on, or begins anew.
        let from = 1_600_000_000_000 + self.commits / 3 * 30;
        let until = from + self.commits % 3;
        let [from, until] = [from, until].map(|ms| Timestamp::from_millisecond(ms).unwrap());
        for checkpoint in &batch.checkpoints {
            let scope = Arc::clone(&checkpoint.scope);
            self.now.1.last_seen.insert(scope.as_ref().into(), until);
            batch.seen.push(Seen { scope, from, until, healed: Healed::Bridged });
        }
        self.committed = self.now.clone();
        self.store().commit(&batch).unwrap();
        if twice {
            self.store().commit(&batch).unwrap();
        }
    }

    fn reopen(&mut self, tidily: bool) {
        if let (Some(store), true) = (self.store.take(), tidily) {
            store.close().unwrap();
        }
        self.batch = Batch::default();
        self.now = self.committed.clone();
        let mut store = (self.reopen)();
        let mut restored = Model::default();
        let opened = store.restore(&mut restored).unwrap();
        let (model, past) = &self.committed;
        assert_eq!(&restored, model);
        let expected = Opened {
            record: Arc::clone(&self.opened.record),
            last_sequence: past.last_sequence,
            checkpoints: past.checkpoints.clone(),
            cursors: past.cursors.clone(),
            last_seen: past.last_seen.clone(),
            trusts: past.trusts.clone(),
            known_images: model.images.values().filter(|image| image.spelling.is_some()).count(),
            known_pods: model.pods.len(),
            is_elsewhere: false,
        };
        assert_eq!(opened, expected);
        assert_eq!(store.begin(&start()).unwrap(), self.start + 1);
        (self.start, self.batches) = (self.start + 1, 0);
        for after in [0, past.last_sequence / 2] {
            let expected: Vec<_> =
                past.entries.iter().filter(|entry| entry.id.sequence > after).cloned().collect();
            assert_eq!(unsaid(&mut *store, after), expected);
        }
        (self.store, self.opened) = (Some(store), opened);
    }
}

/// A start that watches every scope there is, so that each can resume.
fn start() -> NewStart {
    let scopes = TEXTS.into_iter().map(Arc::from).collect();
    NewStart { at: Timestamp::UNIX_EPOCH, scopes, is_adopting: false }
}

/// All that is unsaid, asked for in small pages.
fn unsaid(store: &mut dyn Store, mut after: u64) -> Vec<Entry> {
    let mut all: Vec<Entry> = Vec::new();
    loop {
        let page = store.unsaid(after, 2).unwrap();
        let Some(last) = page.last() else { return all };
        after = last.id.sequence;
        assert!(page.len() <= 2);
        all.extend(page);
    }
}

fn conforms(reopen: &dyn Fn() -> Box<dyn Store>, steps: Vec<Step>) {
    let mut run = Run::new(reopen);
    for step in steps {
        run.step(step);
    }
    run.reopen(true);
    run.step(Step::Commit { twice: false });
    run.reopen(false);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn sqlite_gives_back_what_was_committed(steps in vec(step(), 0..80)) {
        let folder = tempfile::tempdir().unwrap();
        conforms(&|| sqlite(&folder.path().join("record.db")), steps);
    }
}

#[test]
fn memory_takes_everything_and_keeps_nothing() {
    let open = || {
        let mut store = Box::new(MemoryStore);
        let mut restored = Model::default();
        let opened = store.restore(&mut restored).unwrap();
        assert_eq!((restored, opened.last_seen.len()), (Model::default(), 0));
        assert_eq!(store.begin(&start()).unwrap(), 1);
        (store, opened.record)
    };
    let (mut store, first) = open();
    store.commit(&Batch::default()).unwrap();
    assert_eq!(store.unsaid(0, 10).unwrap(), []);
    store.close().unwrap();
    let (_, second) = open();
    assert_ne!(first, second, "each start is a record of its own");
    assert!(first.len() == 12 && first.bytes().all(|b| b.is_ascii_hexdigit()), "{first}");
}
