//! The work that is counted.

use std::hint::black_box;
use std::mem;

use bytes::Bytes;
use jiff::Timestamp;
use kimager::inventory::change::Event;
use kimager::inventory::{Cause, Inventory, Pod, PodEvent, Reference, Scope, ScopeId, Time};
use kimager::lines::{Levels, Lines, Output};
use kimager::record::{Entry, EventId};
use kimager::watch::wire::{Encoding, Frame, FrameDecoder, PodReader};

use super::pods::{self, Life, PODS};

/// What an HTTP body comes in.
const PIECE: usize = 16 << 10;
const SCOPE: ScopeId = ScopeId(0);

/// A round of a job; its input is made before it is counted.
type Round = Box<dyn FnOnce()>;

pub(crate) struct Job {
    pub(crate) name: &'static str,
    /// Into how many units a round is divided in the table.
    pub(crate) units: usize,
    round: fn() -> Round,
}

pub(crate) const JOBS: [Job; 7] = [
    Job { name: "event decoded, protobuf", units: PODS, round: || decode(Encoding::Protobuf) },
    Job { name: "event decoded, JSON", units: PODS, round: || decode(Encoding::Json) },
    Job { name: "pod of a list applied", units: PODS, round: list },
    Job { name: "live event applied", units: 3 * PODS, round: live },
    Job { name: "reference parsed", units: 3 * PODS, round: parse },
    Job { name: "line printed, text", units: PODS, round: || print(Output::Text) },
    Job { name: "line printed, JSON", units: PODS, round: || print(Output::Json) },
];

/// Does up to two rounds of a job.
pub(crate) fn run(name: &str, rounds: usize) {
    let job = JOBS.iter().find(|job| job.name == name).expect("a job of that name");
    // Both are made, however many are done.
    for round in [(job.round)(), (job.round)()].into_iter().take(rounds) {
        round();
    }
}

fn decode(encoding: Encoding) -> Round {
    let frame = match encoding {
        Encoding::Protobuf => pods::protobuf_frame,
        Encoding::Json => pods::json_frame,
    };
    let body: Vec<u8> =
        (0..PODS).flat_map(|number| frame("ADDED", &pods::pod(number, Life::Running))).collect();
    let body = Bytes::from(body);
    Box::new(move || {
        let mut decoder = FrameDecoder::new(encoding, &PodReader::default());
        for at in (0..body.len()).step_by(PIECE) {
            decoder.push(body.slice(at..body.len().min(at + PIECE)));
            while let Some(frame) = decoder.next().expect("a good body") {
                black_box(frame);
            }
        }
    })
}

fn list() -> Round {
    let events = listed();
    Box::new(move || mem::forget(apply(&mut Inventory::default(), events)))
}

/// Each pod is replaced by one of the same workload.
fn live() -> Round {
    let mut inventory = Inventory::default();
    apply(&mut inventory, listed());
    let events = (0..PODS).flat_map(|number| {
        let old = decoded(number, Life::Running);
        let renamed = |life| {
            let pod = decoded(number, life);
            Pod { name: format!("{}x", &pod.name[..pod.name.len() - 1]).into(), ..pod }
        };
        let Pod { namespace, name, uid, .. } = old;
        [
            PodEvent::Apply(SCOPE, renamed(Life::Created)),
            PodEvent::Apply(SCOPE, renamed(Life::Running)),
            PodEvent::Delete { scope: SCOPE, namespace, name, uid },
        ]
    });
    let events: Vec<PodEvent> = events.collect();
    Box::new(move || {
        mem::forget(apply(&mut inventory, events));
        mem::forget(inventory);
    })
}

fn parse() -> Round {
    let spellings: Vec<String> =
        (0..PODS).flat_map(|number| [0, 1, 2].map(|container| pods::image(number, container))).collect();
    Box::new(move || {
        for spelling in &spellings {
            black_box(Reference::parse(spelling));
        }
    })
}

fn print(output: Output) -> Round {
    let lines = Lines::new(output, &Levels::parse("debug").expect("a level"), "bench".into());
    let events = apply(&mut Inventory::default(), listed());
    let entry = |(event, sequence)| Entry {
        id: EventId { record: "0123456789abcdef".into(), start: 1, sequence },
        observed: Timestamp::UNIX_EPOCH,
        not_before: None,
        not_after: None,
        event,
    };
    let entries: Vec<Entry> = events.into_iter().zip(1..).take(PODS).map(entry).collect();
    assert_eq!(entries.len(), PODS, "each pod has an event at least");
    Box::new(move || {
        let mut out = Vec::new();
        for entry in &entries {
            lines.write(entry, &mut out);
            black_box(&out);
            out.clear();
        }
    })
}

fn apply(inventory: &mut Inventory, events: Vec<PodEvent>) -> Vec<Event> {
    inventory.scope(&Scope::default());
    let mut told = Vec::new();
    for event in events {
        told.extend(inventory.apply(event, Time::default()).events);
    }
    told
}

fn listed() -> Vec<PodEvent> {
    let pods = (0..PODS).map(|number| PodEvent::Apply(SCOPE, decoded(number, Life::Running)));
    let end = PodEvent::InitDone { scope: SCOPE, sweep: true };
    [PodEvent::Init(SCOPE, Cause::Start)].into_iter().chain(pods).chain([end]).collect()
}

fn decoded(number: usize, life: Life) -> Pod {
    let mut decoder = FrameDecoder::new(Encoding::Protobuf, &PodReader::default());
    decoder.push(pods::protobuf_frame("ADDED", &pods::pod(number, life)).into());
    match decoder.next() {
        Ok(Some(Frame::Pod { pod, .. })) => pod,
        other => panic!("not a pod: {other:?}"),
    }
}
