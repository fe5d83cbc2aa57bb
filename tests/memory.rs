//! What the inventory holds in memory. A program of its own, as it counts every allocation.
#![expect(clippy::print_stdout, reason = "the figures are worth a look")]

use kimager::inventory::{Cause, Container, ContainerKind, Inventory, Pod, PodEvent, Scope, Time, Uid};

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
