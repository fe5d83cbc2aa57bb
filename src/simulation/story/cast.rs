//! Who plays: the nodes and workloads of the simulated cluster.

use super::workload::{Kind, Workload};
use crate::inventory::ContainerKind::{self, App, Init, Sidecar, Volume};
use crate::simulation::pod::Container;

/// The nodes; static pods run on the first, a pod of nobody on the second.
pub(super) const NODES: [&str; 3] = ["node-a", "node-b", "node-c"];

type Row = (Kind, &'static str, &'static str, &'static [(ContainerKind, &'static str, &'static str)]);

const fn deployment(replicas: usize) -> Kind {
    Kind::Deployment { replicas }
}

const SUSPENDED: Kind = Kind::CronJob { is_suspended: true, last_minute: 0 };

/// Volumes and init containers stand first: they are pulled and run in this order.
const CAST: &[Row] = &[
    (Kind::StaticPod, "kube-system", "etcd", &[(App, "etcd", "registry.k8s.io/etcd:3.6.5-0")]),
    (
        Kind::StaticPod,
        "kube-system",
        "kube-apiserver",
        &[(App, "kube-apiserver", "registry.k8s.io/kube-apiserver:v1.37.2")],
    ),
    (
        Kind::StaticPod,
        "kube-system",
        "kube-scheduler",
        &[(App, "kube-scheduler", "registry.k8s.io/kube-scheduler:v1.37.2")],
    ),
    (deployment(2), "kube-system", "coredns", &[(App, "coredns", "registry.k8s.io/coredns/coredns:v1.14.1")]),
    (
        Kind::DaemonSet,
        "kube-system",
        "node-agent",
        &[
            (Init, "install-cni", "registry.example.com/infra/cni-plugins:1.9.1"),
            (Sidecar, "log-shipper", "fluent/fluent-bit:4.2"),
            (App, "agent", "registry.example.com/infra/node-agent:2.8.0"),
        ],
    ),
    (
        deployment(3),
        "shop",
        "web",
        &[
            (Init, "migrate", "registry.example.com/shop/migrations:7"),
            (App, "web", "registry.example.com/shop/web:1.4.0"),
        ],
    ),
    (deployment(3), "shop", "cart", &[(App, "cart", "registry.example.com/shop/cart:2.0.3")]),
    (deployment(1), "shop", "mailer", &[(App, "mailer", "registry.example.com/shop/mailer:3.1.0")]),
    (
        Kind::StatefulSet,
        "shop",
        "database",
        &[(
            App,
            "postgres",
            "postgres:18@sha256:5b1d9c0a27e84f3e96d8b07a4c2f1e5d8a6b3c9f0e7d4a2b1c8f5e6d3a9b0c7d",
        )],
    ),
    (SUSPENDED, "shop", "report", &[(App, "report", "registry.example.com/shop/report:5")]),
    (deployment(2), "media", "player", &[(App, "player", "registry.example.com/media/player:stable")]),
    (
        deployment(2),
        "media",
        "transcoder",
        &[(App, "transcoder", "registry.example.com/media/transcoder:0.12.1")],
    ),
    (Kind::StatefulSet, "ci", "builder", &[(App, "buildkit", "moby/buildkit:v0.26.2")]),
    (
        Kind::Bare,
        "ci",
        "evaluate-model",
        &[
            (Volume, "weights", "registry.example.com/models/classifier:2026-11"),
            (App, "evaluate", "python:3.14-slim"),
        ],
    ),
];

/// The workloads as the story begins.
pub(super) fn workloads() -> Vec<Workload> {
    CAST.iter()
        .map(|&(kind, namespace, name, containers)| Workload {
            kind,
            namespace,
            name,
            containers: containers
                .iter()
                .map(|&(kind, name, image)| Container::new(name, kind, image))
                .collect(),
            restarts: 0,
        })
        .collect()
}
