//! What is scraped, as text.

use std::collections::BTreeMap;
use std::time::Instant;

use tokio::sync::watch;

use super::families::registry;
use super::form::Form;
use crate::inventory::census::CensusLimits;
use crate::inventory::{Census, Container, ContainerKind, Inventory, Pod, PodEvent, Scope, Time, Uid};
use crate::recorder::{Figures, Health};
use crate::serve::Told;

fn pod(number: u128, namespace: &str, images: &[String]) -> Pod {
    let containers = images.iter().enumerate().map(|(at, image)| Container {
        name: at.to_string().into(),
        kind: ContainerKind::App,
        image: image.as_str().into(),
        image_id: "".into(),
        container_id: "".into(),
    });
    Pod {
        namespace: namespace.into(),
        name: format!("pod-{number}").into(),
        uid: Uid(number.to_be_bytes()),
        active: true,
        workload: format!("Deployment/{}", number / 15).into(),
        containers: containers.collect(),
    }
}

/// What is told of a cluster with these pods.
fn told(pods: impl IntoIterator<Item = Pod>, limits: CensusLimits) -> Told {
    let mut inventory = Inventory::default();
    let scope = Scope::default();
    let id = inventory.scope(&scope);
    for pod in pods {
        inventory.apply(PodEvent::Apply(id, pod), Time::default());
    }
    let figures = Figures::default();
    figures.count_by(Census::of(&inventory, vec![scope.to_string().into()], limits));
    let (_health, health) = watch::channel(Health::at_start(&[scope]));
    Told { health, figures, record: None }
}

fn text(told: &Told, form: Form) -> String {
    String::from_utf8(form.text(&registry(told.clone())).unwrap().to_vec()).unwrap()
}

/// The series of a family by the value of their one label, read by the rules of the format.
fn series(text: &str, family: &str) -> BTreeMap<String, u64> {
    let lines = text.lines().filter_map(|line| line.strip_prefix(family)?.strip_prefix('{'));
    lines
        .map(|line| {
            let (_, rest) = line.split_once("=\"").unwrap();
            let (mut value, mut rest) = (String::new(), rest.chars());
            loop {
                match rest.next().unwrap() {
                    '"' => break,
                    '\\' => value.push(match rest.next().unwrap() {
                        'n' => '\n',
                        c @ ('"' | '\\') => c,
                        c => panic!("\\{c} means nothing"),
                    }),
                    c => value.push(c),
                }
            }
            let count = rest.as_str().strip_prefix("} ").unwrap().parse().unwrap();
            (value, count)
        })
        .collect()
}

const WIDE: CensusLimits = CensusLimits { namespaces: 500, registries: 100, images: 100 };

#[test]
fn hostile_names_stay_in_their_labels_and_look_like_no_other() {
    let images = [
        "a\n# EOF\nforged 1",
        "a\"} 1\nforged{x=\"",
        "back\\slash\\n",
        "nul\0bell\u{7}escape\u{1b}[31m",
        "\u{202e}turned\u{2028}",
        "*",
        "",
        " ",
        "ünïcode",
    ];
    let pods = images.iter().zip(1..).map(|(image, number)| pod(number, "a\"\n\\b", &[(*image).to_owned()]));
    let told = told(pods, WIDE);
    for form in [Form::OpenMetrics, Form::Prometheus] {
        let text = text(&told, form);
        let odd: Vec<&str> = text
            .lines()
            .filter(|line| !["# ", "kimager_", "process_"].iter().any(|start| line.starts_with(start)))
            .collect();
        assert!(odd.is_empty(), "{odd:?}");
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
        let told = series(&text, "kimager_image_pods");
        assert_eq!(told.values().sum::<u64>(), 9, "{told:?}");
        assert_eq!(told["*"], 2, "that of the image * and of the image without a name: {told:?}");
        assert_eq!(told.len(), 8, "{told:?}");
        let namespaces = series(&text, "kimager_namespace_images_in_use");
        assert_eq!(namespaces, [("a\"\\u{a}\\u{5c}b".to_owned(), 9)].into());
        // None of these is a reference, so that none has a registry, but the last.
        assert_eq!(series(&text, "kimager_registry_images_in_use"), [("*".to_owned(), 9)].into());
    }
}

#[test]
fn without_a_number_of_images_there_is_no_series_of_one() {
    let pods = || (0..40).map(|number| pod(number, "shop", &[format!("app-{number}")]));
    let none = told(pods(), CensusLimits { images: 0, ..WIDE });
    let text_of_none = text(&none, Form::Prometheus);
    assert!(!text_of_none.contains("kimager_image_pods"), "{text_of_none}");
    assert!(text_of_none.contains("\nkimager_images_in_use 40\n"), "{text_of_none}");
    let some = told(pods(), CensusLimits { images: 3, ..WIDE });
    let some = series(&text(&some, Form::Prometheus), "kimager_image_pods");
    assert_eq!((some.len(), some["*"]), (4, 37));
}

/// `cargo test --release --lib scrape -- --ignored --nocapture` tells how long a scrape takes.
#[test]
#[ignore = "it measures"]
#[expect(clippy::print_stderr, reason = "the figures are what it is for")]
fn a_scrape_of_a_large_cluster() {
    for images in [0, 10_000] {
        let pods = (0..150_000_u128).map(|number| {
            let workload = number / 15;
            let images =
                [format!("registry-{}.example.com/team/app-{workload}:v1", workload % 50), "proxy".into()];
            pod(number, &format!("namespace-{}", workload / 10), &images)
        });
        let told = told(pods, CensusLimits { images, ..WIDE });
        let counted = told.figures.counted();
        let registry = registry(told.clone());
        let (mut longest, mut held) = (0, 0);
        let mut bytes = 0;
        for _ in 0..20 {
            let began = Instant::now();
            drop(told.figures.counted());
            held = held.max(began.elapsed().as_micros());
            bytes = Form::OpenMetrics.text(&registry).unwrap().len();
            longest = longest.max(began.elapsed().as_micros());
        }
        eprintln!(
            "{} pods, {} images, {images} of them told: {longest} µs for {bytes} bytes, of which the recorder waits {held}",
            counted.pods, counted.images
        );
    }
}
