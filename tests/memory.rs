//! What pods cost in memory: what the inventory holds of many, and what becomes of a huge one on its way.
//! A program of its own, as it counts every allocation.
#![expect(clippy::print_stdout, reason = "the figures are worth a look")]

use allocation_counter::AllocationInfo;
use bytes::Bytes;
use jiff::Timestamp;
use kimager::inventory::census::CensusLimits;
use kimager::inventory::{
    Cause, Census, Container, ContainerKind, Inventory, Pod, PodEvent, Scope, ScopeId, Time, Uid,
};
use kimager::lines::{Levels, Lines, Output};
use kimager::record::{Entry, EventId};
use kimager::watch::wire::schema::{self, ObjectMeta, PodSpec, PodStatus};
use kimager::watch::wire::{Encoding, Frame, FrameDecoder, PodReader, encode};

/// What an allocation takes beside its bytes: most are names, for which glibc and musl take 48.
const ALLOCATION: i64 = 10;

/// A pod as large clusters have them: a name of 38 bytes, 20 pods a workload, two containers.
/// In the order of their numbers they are in that of a server's list.
fn pod(number: u32) -> Pod {
    let workload = number / 20;
    let container = |name: &str, image: u32| Container {
        name: name.into(),
        kind: ContainerKind::App,
        image: format!("registry.example.com/team-{}/service-{image}:v1.2.3", image % 50).into(),
        image_id: format!("registry.example.com/service@sha256:{image:064x}").into(),
        container_id: format!("containerd://{number:064x}").into(),
    };
    Pod {
        namespace: format!("namespace-{:06}", workload / 25).into(),
        name: format!("service-{workload:08}-7d4b9c8f6d-{number:010}").into(),
        uid: Uid(u128::from(number).to_be_bytes()),
        active: true,
        workload: format!("Deployment/service-{workload}").into(),
        containers: vec![container("app", workload % 2000), container("proxy", 7)],
    }
}

/// The bytes that an inventory holds once it was told of this many pods, and the most that it held
/// on the way.
fn held_by(pods: u32) -> (i64, i64) {
    let mut inventory = Inventory::default();
    let scope = inventory.scope(&Scope::default());
    let info = allocation_counter::measure(|| {
        inventory.apply(PodEvent::Init(scope, Cause::Start), Time::default());
        for number in 0..pods {
            inventory.apply(PodEvent::Apply(scope, pod(number)), Time::default());
        }
    });
    let overhead = info.count_current * ALLOCATION;
    (info.bytes_current + overhead, info.bytes_max.cast_signed() + overhead)
}

#[test]
fn a_further_pod_costs_at_most_125_bytes_and_growing_costs_no_more() {
    assert_eq!(pod(0).name.len(), 38);
    let (few, many) = (30_000, 300_000);
    let [held_by_few, held_by_many] = [few, many].map(|pods| {
        let (held, peak) = held_by(pods);
        println!("{pods} pods: {} B each, with their images", held / i64::from(pods));
        assert!(peak <= held * 102 / 100, "{peak} B at the peak, {held} B in the end");
        held
    });
    let each = (held_by_many - held_by_few) / i64::from(many - few);
    println!("{each} B for each further pod");
    assert!(each <= 125, "{each} B for each further pod");
}

/// With `--listen`: what is counted grows with what pods share, of which there is much less.
#[test]
fn a_census_costs_at_most_twelve_bytes_a_pod() {
    let pods = 150_000;
    let mut inventory = Inventory::default();
    let scope = inventory.scope(&Scope::default());
    for number in 0..pods {
        inventory.apply(PodEvent::Apply(scope, pod(number)), Time::default());
    }
    let limits = CensusLimits { namespaces: 500, registries: 100, images: 0 };
    let scopes = vec![Scope::default().to_string().into()];
    let mut census = None;
    let info = allocation_counter::measure(|| census = Some(Census::of(&inventory, scopes, limits)));
    assert_eq!(census.map(|census| census.counted().pods), Some(pods.into()));
    let held = info.bytes_current + info.count_current * ALLOCATION;
    println!("a census of {pods} pods: {held} B");
    assert!(held <= 12 * i64::from(pods), "{held} B");
}

/// How a list tells of a pod.
type Told = fn(ScopeId, Pod) -> PodEvent;

/// A list of the same pods takes no memory beside what is held; one in which some are gone and as many
/// have come, as in a cluster at work, takes some for each of those.
#[test]
fn a_second_list_and_an_audit_cost_as_much_as_they_differ_by() {
    let pods = 100_000;
    let (room, for_each) = (10_000, 1_000);
    let mut inventory = Inventory::default();
    let scope = inventory.scope(&Scope::default());
    let mut list = |begin: PodEvent, told: Told, first: u32| {
        allocation_counter::measure(|| {
            inventory.apply(begin, Time::default());
            for number in first..first + pods {
                inventory.apply(told(scope, pod(number)), Time::default());
            }
            inventory.apply(PodEvent::InitDone { scope, sweep: true }, Time::default());
        })
    };
    list(PodEvent::Init(scope, Cause::Start), PodEvent::Apply, 0);
    let mut first = 0;
    for differ in [0, pods / 100] {
        let again: [(&str, PodEvent, Told); 2] = [
            ("a second list", PodEvent::Init(scope, Cause::Relist), PodEvent::Apply),
            ("an audit", PodEvent::Audit(scope), PodEvent::Audited),
        ];
        for (what, begin, told) in again {
            first += differ;
            let info = list(begin, told, first);
            let peak = info.bytes_max.cast_signed() + info.count_max.cast_signed() * ALLOCATION;
            println!("{what} of {pods} pods, of which {differ} differ: {peak} B beside what is held");
            assert!(peak <= room + for_each * i64::from(differ), "{what}, {differ} differ: {peak} B");
        }
    }
}

/// A pod of so many containers, with images of about so many bytes.
fn huge(containers: usize, bytes: usize) -> schema::Pod {
    let name = |number: usize| format!("container-{number}");
    let spec = PodSpec {
        containers: (0..containers)
            .map(|number| schema::Container {
                name: name(number),
                image: format!("registry.example.com/{number}\n{}", "x".repeat(bytes)),
                ..schema::Container::default()
            })
            .collect(),
        ..PodSpec::default()
    };
    let status = PodStatus {
        container_statuses: (0..containers)
            .map(|number| schema::ContainerStatus {
                name: name(number),
                image_id: format!("registry.example.com/{number}@sha256:{number:064x}"),
                ..schema::ContainerStatus::default()
            })
            .collect(),
        ..PodStatus::default()
    };
    let metadata = ObjectMeta {
        namespace: "shop".into(),
        name: "huge".into(),
        uid: "huge".into(),
        resource_version: "7".into(),
        ..ObjectMeta::default()
    };
    schema::Pod { metadata: Some(metadata), spec: Some(spec), status: Some(status) }
}

/// The same as an event in JSON.
fn huge_in_json(pod: &schema::Pod) -> Vec<u8> {
    let (spec, status) = (pod.spec.as_ref().expect("a spec"), pod.status.as_ref().expect("a status"));
    let containers =
        spec.containers.iter().map(|own| serde_json::json!({ "name": own.name, "image": own.image }));
    let statuses = status
        .container_statuses
        .iter()
        .map(|own| serde_json::json!({ "name": own.name, "imageID": own.image_id }));
    let object = serde_json::json!({
        "metadata": { "namespace": "shop", "name": "huge", "uid": "huge", "resourceVersion": "7" },
        "spec": { "containers": containers.collect::<Vec<_>>() },
        "status": { "containerStatuses": statuses.collect::<Vec<_>>() },
    });
    (serde_json::json!({ "type": "ADDED", "object": object }).to_string() + "\n").into_bytes()
}

/// What it costs to decode an event in pieces as they come from a socket, to apply it and to say its
/// lines; what is held in the end is what the inventory knows.
fn costs(encoding: Encoding, body: &[u8], containers: usize) -> AllocationInfo {
    const CHUNK: usize = 16 << 10;
    let mut inventory = Inventory::default();
    let scope = inventory.scope(&Scope::default());
    inventory.apply(PodEvent::Init(scope, Cause::Start), Time::default());
    inventory.apply(PodEvent::InitDone { scope, sweep: true }, Time::default());
    let lines = Lines::new(Output::Json, &Levels::parse("debug").expect("a level"), "prod".into());
    let mut decoder = FrameDecoder::new(encoding, &PodReader::default());
    let mut out = Vec::new();
    allocation_counter::measure(|| {
        let mut said = 0;
        for chunk in body.chunks(CHUNK) {
            decoder.push(Bytes::copy_from_slice(chunk));
            while let Some(frame) = decoder.next().expect("an event") {
                let Frame::Pod { pod, .. } = frame else { panic!("no pod") };
                for event in inventory.apply(PodEvent::Apply(scope, pod), Time::default()).events {
                    let id = EventId { record: "0123456789ab".into(), start: 1, sequence: 1 };
                    let observed = Timestamp::UNIX_EPOCH;
                    out.clear();
                    lines.write(&Entry { id, observed, not_before: None, not_after: None, event }, &mut out);
                    said += 1;
                }
            }
        }
        // The pod, and each image, which is new and has a digest.
        assert_eq!(said, 1 + 2 * containers);
        out = Vec::new();
    })
}

/// A name is held a few times: as it came, as the pod names it and as the normalised reference. Containers
/// of no more than a name are the dearest: each has its rows, and events.
#[test]
fn a_huge_pod_costs_no_more_than_a_few_times_its_bytes() {
    for (containers, bytes, most_at_peak, most_kept) in
        [(1_usize, 120_000, 10, 4), (1_000, 1_200, 7, 5), (12_000, 1, 18, 8)]
    {
        let [half, whole] = [containers.div_ceil(2), containers].map(|containers| huge(containers, bytes));
        for encoding in [Encoding::Protobuf, Encoding::Json] {
            let body = |pod: &schema::Pod| match encoding {
                Encoding::Protobuf => encode::watch_frame("ADDED", pod),
                Encoding::Json => huge_in_json(pod),
            };
            let body_of_whole = body(&whole);
            let length = i64::try_from(body_of_whole.len()).expect("a length");
            let info = costs(encoding, &body_of_whole, containers);
            let peak = info.bytes_max.cast_signed();
            println!(
                "{containers} containers of {length} B in {encoding:?}: {peak} B at the peak, {} B kept, {} allocations",
                info.bytes_current, info.count_total
            );
            assert!(peak <= most_at_peak * length, "{peak} B at the peak for {length} B");
            assert!(info.bytes_current <= most_kept * length, "{} B kept for {length} B", info.bytes_current);
            if containers > 1 {
                let of_half = costs(encoding, &body(&half), containers / 2).count_total;
                let most = of_half * 2 + of_half / 5;
                assert!(
                    info.count_total <= most,
                    "{} allocations, {of_half} for half of it",
                    info.count_total
                );
            }
        }
    }
}

/// For how long this thread ran, less the time in which it had no processor.
#[cfg(target_os = "linux")]
fn ran_for() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux tells it");
    text.split(' ').next().expect("a number").parse().expect("a number of nanoseconds")
}

/// An update of a pod that changes nothing, and one that changes all images, take as long as the pod has
/// containers, and not as long as it has pairs of them.
#[cfg(target_os = "linux")]
#[test]
fn a_pod_of_thousands_of_containers_takes_its_time_and_no_more() {
    let time = |containers: usize| {
        let reader = PodReader::default();
        let pods = [huge(containers, 1), huge(containers, 2)].map(|pod| reader.read(pod));
        let mut inventory = Inventory::default();
        let scope = inventory.scope(&Scope::default());
        let since = ran_for();
        for pod in [&pods[0], &pods[0], &pods[1], &pods[1], &pods[0]] {
            drop(inventory.apply(PodEvent::Apply(scope, pod.clone()), Time::default()));
        }
        ran_for() - since
    };
    let [few, many] = [time(4_000), time(16_000)];
    println!("4,000 containers: {} ms, 16,000: {} ms", few / 1_000_000, many / 1_000_000);
    assert!(many < 8 * few, "{many} ns for 16,000 containers, {few} ns for 4,000");
}
