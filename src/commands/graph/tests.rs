use std::collections::HashMap;

use super::{Graph, dot, json};
use crate::commands::source::Listing;
use crate::inventory::change::{ShapeId, ShapeRow};
use crate::inventory::{Cause, Container, ContainerKind, Inventory, Pod, PodEvent, Scope, Time, Uid};

fn pod(name: &str, images: &[&str]) -> Pod {
    let container = |(at, image): (usize, &&str)| Container {
        name: format!("c{at}").into(),
        kind: ContainerKind::App,
        image: (*image).into(),
        image_id: "".into(),
        container_id: "".into(),
    };
    Pod {
        namespace: "shop".into(),
        name: name.into(),
        uid: Uid::parse(name),
        active: true,
        workload: "Deployment/web".into(),
        containers: images.iter().enumerate().map(container).collect(),
    }
}

fn listing(pods: Vec<Pod>) -> Listing {
    let mut inventory = Inventory::default();
    let scope = inventory.scope(&Scope::default());
    inventory.apply(PodEvent::Init(scope, Cause::Start), Time::default());
    for pod in pods {
        inventory.apply(PodEvent::Apply(scope, pod), Time::default());
    }
    inventory.apply(PodEvent::InitDone { scope, sweep: true }, Time::default());
    Listing { inventory, cluster: None, scopes: vec![Scope::default()], is_complete: true }
}

fn with_graph<T>(listing: &Listing, read: impl FnOnce(&Graph<'_>) -> T) -> T {
    let shapes: HashMap<ShapeId, ShapeRow> =
        listing.inventory.shapes().map(|(shape, _)| (shape.id, shape)).collect();
    read(&Graph::of(&listing.inventory, &shapes))
}

#[test]
fn an_edge_weighs_containers_and_an_image_its_users() {
    let listing = listing(vec![pod("b", &["nginx", "nginx:latest", "redis:7"]), pod("a", &["nginx"])]);
    let text = with_graph(&listing, |graph| json::json(graph, &listing)).unwrap();
    let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
    let images = answer["images"].as_array().unwrap();
    assert_eq!(images[0]["reference"], "docker.io/library/nginx:latest");
    assert_eq!(images[0]["weight"], 2);
    let edges: Vec<(&str, &str, u64)> = answer["edges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|edge| {
            let text = |key: &str| edge[key].as_str().unwrap();
            (text("pod"), text("image"), edge["weight"].as_u64().unwrap())
        })
        .collect();
    let (nginx, redis) = ("docker.io/library/nginx:latest", "docker.io/library/redis:7");
    assert_eq!(edges, [("a", nginx, 1), ("b", nginx, 2), ("b", redis, 1)]);
}

#[test]
fn the_same_pods_draw_the_same_graph_in_whatever_order_they_came() {
    let one = listing(vec![pod("a", &["nginx"]), pod("b", &["redis"]), pod("c", &["nginx"])]);
    let other = listing(vec![pod("c", &["nginx"]), pod("b", &["redis"]), pod("a", &["nginx"])]);
    assert_eq!(with_graph(&one, dot::dot), with_graph(&other, dot::dot));
}

#[test]
fn no_name_ends_a_string_of_graphviz() {
    let listing = listing(vec![pod("web", &["a\"];evil[label=\"\\N\n"])]);
    let text = with_graph(&listing, dot::dot);
    let expected = "\
graph kimager {
  rankdir=LR;
  image0 [shape=box, label=\"a\\\"];evil[label=\\\"\\\\u{5c}N\\\\u{a}\", users=1];
  pod0 [label=\"shop/web\", workload=\"Deployment/web\"];
  pod0 -- image0 [weight=1];
}
";
    assert_eq!(text, expected);
}
