//! A census that follows what changes equals a naive recount, whatever happens.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;

use super::properties::{scopes, steps};
use super::steps::What;
use super::world::World;
use crate::inventory::census::{Census, CensusLimits, Counted, Named};
use crate::inventory::change::ShapeId;
use crate::inventory::{Inventory, Reference};

const ALL: CensusLimits = CensusLimits { namespaces: usize::MAX, registries: usize::MAX, images: usize::MAX };
const ONE: CensusLimits = CensusLimits { namespaces: 1, registries: 1, images: 1 };

/// Every pod is looked at, and what its shape says.
fn recount(inventory: &Inventory, scopes: &[Arc<str>]) -> Counted {
    let shapes: BTreeMap<ShapeId, _> = inventory.shapes().map(|(shape, _)| (shape.id, shape)).collect();
    let (mut pods, mut images) = (0, BTreeSet::new());
    let mut by_namespace: BTreeMap<Arc<str>, BTreeSet<Arc<str>>> = BTreeMap::new();
    let mut by_image: BTreeMap<Arc<str>, u64> = BTreeMap::new();
    for (_, _, shape) in inventory.pods() {
        let shape = &shapes[&shape];
        if !scopes.contains(&shape.scope) {
            continue;
        }
        pods += 1;
        let used: BTreeSet<_> = shape.containers.iter().map(|c| Arc::clone(&c.reference)).collect();
        for image in used {
            *by_image.entry(Arc::clone(&image)).or_default() += 1;
            by_namespace.entry(Arc::clone(&shape.namespace)).or_default().insert(Arc::clone(&image));
            images.insert(image);
        }
    }
    let mut registries: BTreeMap<Arc<str>, u64> = BTreeMap::new();
    let parsed: Vec<Reference> = images.iter().map(|image| Reference::parse(image)).collect();
    for registry in parsed.iter().filter_map(Reference::registry) {
        *registries.entry(registry.into()).or_default() += 1;
    }
    let of_no_registry = parsed.iter().filter(|image| image.registry().is_none()).count();
    Counted {
        pods,
        images: images.len() as u64,
        registries: Named { each: registries.into_iter().collect(), others: of_no_registry as u64 },
        namespaces: Named {
            each: by_namespace.into_iter().map(|(name, images)| (name, images.len() as u64)).collect(),
            others: 0,
        },
        image_pods: Named { each: by_image.into_iter().collect(), others: 0 },
    }
}

fn sum(named: &Named) -> u64 {
    named.others + named.each.iter().map(|(_, count)| count).sum::<u64>()
}

/// One name is told if there is any, with what it really has, and nothing is lost.
fn check_one(one: &Named, all: &Named) {
    assert_eq!(one.each.len(), all.each.len().min(1), "{one:?} of {all:?}");
    assert!(one.each.iter().all(|told| all.each.contains(told)), "{one:?} of {all:?}");
    assert_eq!(sum(one), sum(all));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_census_equals_a_naive_recount(steps in steps(40)) {
        let texts: Vec<Arc<str>> = scopes().iter().map(|scope| scope.to_string().into()).collect();
        let mut world = World::of(scopes());
        let watched = [texts.clone(), texts[..2].to_vec()];
        let begin = |world: &World| {
            let of = |scopes: &Vec<Arc<str>>, limits| Census::of(&world.inventory, scopes.clone(), limits);
            [(of(&watched[0], ALL), of(&watched[0], ONE)), (of(&watched[1], ALL), of(&watched[1], ONE))]
        };
        let mut censuses = begin(&world);
        for (step, _) in &steps {
            let changes = world.take(step);
            if matches!(step.what, What::Restart | What::RestartWith(_)) {
                censuses = begin(&world);
            }
            for ((all, one), scopes) in censuses.iter_mut().zip(&watched) {
                all.follow(&changes);
                one.follow(&changes);
                let (all, one) = (all.counted(), one.counted());
                prop_assert_eq!(&all, &recount(&world.inventory, scopes), "after {:?}", step);
                prop_assert_eq!((one.pods, one.images), (all.pods, all.images));
                check_one(&one.registries, &all.registries);
                check_one(&one.namespaces, &all.namespaces);
                check_one(&one.image_pods, &all.image_pods);
            }
        }
    }
}
