use std::sync::Arc;

use jiff::Timestamp;

use super::{bookmark, error_frame, list_body, pod_frame};
use crate::inventory::ContainerKind;
use crate::simulation::pod::{Container, Owner, Phase, Pod, State, Template};
use crate::simulation::status::Refusal;
use crate::simulation::store::{Change, Page};
use crate::watch::wire::{self, Encoding, Frame, FrameDecoder, ListDecoder, ListItem, PodReader};

const BOTH: [Encoding; 2] = [Encoding::Json, Encoding::Protobuf];

/// A pod with a container of each kind, all of them pulled.
fn pod() -> Pod {
    let containers = ContainerKind::ALL.map(|kind| Container::new(kind.word(), kind, "busybox:1"));
    let template = Template {
        generate_name: "web-7d4b9c-".into(),
        labels: vec![("pod-template-hash".into(), "7d4b9c".into())],
        annotations: vec![("note".into(), "\"quoted\"".into())],
        owner: Some(Owner { api_version: "apps/v1", kind: "ReplicaSet", name: "web-7d4b9c".into(), uid: 5 }),
        containers: containers.to_vec(),
    };
    let mut pod = Pod::new(&"shop".into(), "web-7d4b9c-x2x2x", 9, Timestamp::UNIX_EPOCH, &Arc::new(template));
    pod.version = 42;
    pod.node = Some("node-a".into());
    pod.phase = Phase::Running;
    for (number, status) in pod.statuses.iter_mut().enumerate() {
        status.image_id =
            format!("docker.io/library/busybox@sha256:{}", format!("{number}a").repeat(32)).into();
        status.container = Some(number as u64);
        status.state = State::Running(Timestamp::UNIX_EPOCH);
    }
    pod
}

fn frames(bytes: bytes::Bytes, encoding: Encoding) -> Vec<Frame> {
    let mut decoder = FrameDecoder::new(encoding, &PodReader::default());
    decoder.push(bytes);
    let frames = std::iter::from_fn(|| decoder.next().expect("it is a watch")).collect();
    assert!(decoder.is_between_frames());
    frames
}

#[test]
fn what_kimager_reads_of_a_pod_is_all_there_and_the_same_in_both_encodings() {
    let [json, protobuf] =
        BOTH.map(|encoding| frames(pod_frame(Change::Modified, &pod(), encoding), encoding));
    assert_eq!(json, protobuf);
    let [Frame::Pod { change: wire::Change::Modified, pod: read, resource_version }] = &json[..] else {
        panic!("one changed pod, not {json:?}");
    };
    assert_eq!((&*read.namespace, &*read.name, &**resource_version), ("shop", "web-7d4b9c-x2x2x", "42"));
    assert_eq!((&*read.workload, read.active), ("Deployment/web", true));
    let mut kinds: Vec<ContainerKind> = read.containers.iter().map(|container| container.kind).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ContainerKind::ALL);
    for container in &read.containers {
        let pod = pod();
        let (_, status) =
            pod.containers().find(|(own, _)| *own.name == *container.name).expect("it is the pod's");
        assert_eq!((&*container.image, &*container.image_id), ("busybox:1", &*status.image_id));
        let is_volume = container.kind == ContainerKind::Volume;
        assert_eq!(*container.container_id, *if is_volume { String::new() } else { status.container_id() });
    }
}

#[test]
fn bookmarks_and_refusals_read_the_same_in_both_encodings() {
    for encoding in BOTH {
        for ends_initial_list in [true, false] {
            let expected = Frame::Bookmark { resource_version: "42".into(), ends_initial_list };
            assert_eq!(frames(bookmark(42, ends_initial_list, encoding), encoding), [expected]);
        }
        let refused = |refusal: &Refusal| match &frames(error_frame(refusal, encoding), encoding)[..] {
            [Frame::Error(status)] => status.clone(),
            other => panic!("one refusal, not {other:?}"),
        };
        assert!(refused(&Refusal::expired(1, 2)).is_expired());
        assert!(refused(&Refusal::too_large(2, 1)).is_version_too_large());
        assert!(refused(&Refusal::forbidden("sendInitialEvents", "no")).refuses_watch_list());
    }
}

#[test]
fn a_page_reads_the_same_in_both_encodings() {
    let page = Page { pods: vec![Arc::new(pod())], next: None };
    for encoding in BOTH {
        let mut decoder = ListDecoder::new(encoding, &PodReader::default());
        decoder.push(list_body(&page, 43, "43:shop/x", encoding));
        let items: Vec<ListItem> = std::iter::from_fn(|| decoder.next().expect("it is a list")).collect();
        assert!(matches!(&items[..], [ListItem::Pod(pod)] if &*pod.name == "web-7d4b9c-x2x2x"), "{items:?}");
        let meta = decoder.finish().expect("it is whole");
        assert_eq!((&*meta.resource_version, meta.continue_token.as_deref()), ("43", Some("43:shop/x")));
    }
}
