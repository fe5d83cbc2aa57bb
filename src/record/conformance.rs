//! What every store that keeps a record must do, checked against a naive model: whatever was
//! committed comes back, and nothing else.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::past::{Healed, Seen};
use super::{
    Batch, Checkpoint, Cursor, Entry, EventId, Identity, MemoryStore, NewStart, Opened, Restore, SqliteStore,
    Store,
};
use crate::inventory::change::{
    Event, Happening, ImageChange, ImageEvent, ImageId, ImageRow, Lagging, PodChange, PodLine, PodRow,
    ShapeContainer, ShapeId, ShapeRow, User,
};
use crate::inventory::{Cause, ContainerKind, Reference, Uid};

/// Names are hostile.
const TEXTS: [&str; 8] = [
    "a",
    "nginx",
    "docker.io/library/nginx:latest",
    "",
    "b\0c",
    "Grüße\n\u{202e}",
    "'); DROP TABLE pod; --",
    "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
];

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
    /// Stores the batch; twice, as after an error that came too late to be true.
    Commit {
        twice: bool,
    },
    /// What is not committed is lost.
    Reopen {
        tidily: bool,
    },
}

fn text() -> impl Strategy<Value = Arc<str>> {
    prop::sample::select(&TEXTS[..]).prop_map(Arc::from)
}

fn name() -> impl Strategy<Value = Box<str>> {
    text().prop_map(|text| text.as_ref().into())
}

fn kind() -> impl Strategy<Value = ContainerKind> {
    prop::sample::select(&ContainerKind::ALL[..])
}

fn time() -> impl Strategy<Value = Timestamp> {
    (-1..2_000_000_000_000_i64).prop_map(|ms| Timestamp::from_millisecond(ms).unwrap())
}

fn image_id() -> impl Strategy<Value = ImageId> {
    (0..3_u32).prop_map(ImageId)
}

fn shape_id() -> impl Strategy<Value = ShapeId> {
    (0..3_u32).prop_map(ShapeId)
}

fn uid() -> impl Strategy<Value = Uid> {
    (0..2_u8).prop_map(|n| Uid([n; 16]))
}

fn user() -> impl Strategy<Value = Arc<User>> {
    (text(), text(), text(), text(), kind()).prop_map(|(namespace, pod, workload, container, kind)| {
        Arc::new(User { namespace, pod, workload, container, kind })
    })
}

fn image() -> impl Strategy<Value = ImageRow> {
    (image_id(), text(), option::of(text()), vec(text(), 0..3), option::of(text()), option::of(user()))
        .prop_map(|(id, reference, spelling, digests, last_digest, last_user)| ImageRow {
            id,
            reference,
            spelling,
            digests,
            last_digest,
            last_user,
        })
}

fn container() -> impl Strategy<Value = ShapeContainer> {
    (text(), kind(), image_id(), text(), option::of(text()), option::of(text())).prop_map(
        |(name, kind, image, spelling, digest, reported)| {
            // The reference follows from the image.
            let reference = Arc::from("");
            ShapeContainer { name, kind, image, reference, spelling, digest, reported }
        },
    )
}

fn shape() -> impl Strategy<Value = ShapeRow> {
    (shape_id(), text(), text(), text(), any::<bool>(), vec(container(), 0..3)).prop_map(
        |(id, scope, namespace, workload, active, containers)| ShapeRow {
            id,
            scope,
            namespace,
            workload,
            active,
            containers,
        },
    )
}

fn pod() -> impl Strategy<Value = PodRow> {
    let lagging = (name(), name()).prop_map(|(container, container_id)| Lagging { container, container_id });
    (text(), name(), uid(), shape_id(), vec(lagging, 0..2))
        .prop_map(|(namespace, name, uid, shape, lagging)| PodRow { namespace, name, uid, shape, lagging })
}

fn event() -> impl Strategy<Value = Event> {
    let cause = || prop::sample::select(&[Cause::Start, Cause::Watch, Cause::Relist][..]);
    let happening = prop_oneof![
        Just(Happening::Added),
        Just(Happening::Removed),
        Just(Happening::Joined),
        Just(Happening::Left),
        Just(Happening::Resolved),
        (text(), any::<bool>()).prop_map(|(old, seen_before)| Happening::Moved { old, seen_before }),
    ];
    let of_image = (happening, text(), text(), user(), option::of(text()), cause()).prop_map(
        |(happening, image, spelling, user, digest, cause)| {
            let image = Reference::parse(&image);
            Event::Image(ImageEvent { happening, image, spelling, user, digest, cause })
        },
    );
    let of_pod = (any::<bool>(), text(), text(), text(), cause()).prop_map(
        |(added, namespace, name, workload, cause)| {
            Event::Pod(PodLine { added, namespace, name, workload, cause })
        },
    );
    prop_oneof![4 => of_image, 1 => of_pod]
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
        2 => any::<bool>().prop_map(|twice| Step::Commit { twice }),
        1 => any::<bool>().prop_map(|tidily| Step::Reopen { tidily }),
    ]
}

/// Turns steps into batches and keeps the model of them; a step that no inventory would make (a
/// pod of an unknown shape) is left out.
struct Run<'store> {
    reopen: &'store dyn Fn() -> Box<dyn Store>,
    store: Option<Box<dyn Store>>,
    opened: Opened,
    start: u64,
    batches: u64,
    /// How many batches there were in all starts: the clock.
    clock: i64,
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
            clock: 0,
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
                    changes.pods.push(PodChange::Put(row));
                }
            }
            Step::PodGone(namespace, name, uid) => {
                let key = (Arc::clone(&namespace), name.clone());
                if model.pods.get(&key).is_some_and(|pod| pod.uid == uid) {
                    model.pods.remove(&key);
                }
                changes.pods.push(PodChange::Gone { namespace, name, uid });
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
                    scope: "all namespaces".into(),
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
            Step::Commit { twice } => self.commit(twice),
            Step::Reopen { tidily } => self.reopen(tidily),
        }
    }

    fn commit(&mut self, twice: bool) {
        let mut batch = std::mem::take(&mut self.batch);
        self.batches += 1;
        batch.number = self.batches;
        // What is seen goes on, or begins anew.
        self.clock += 1;
        let from = 1_600_000_000_000 + self.clock / 3 * 30;
        let until = from + self.clock;
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

fn sqlite(path: &Path) -> Box<dyn Store> {
    let identity = Identity { cluster: "here".to_owned(), server: "f00d".to_owned() };
    Box::new(SqliteStore::create_or_open(path, &identity).unwrap())
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
