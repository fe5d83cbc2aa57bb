use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use proptest::prelude::*;

use super::{Change, Expired, Store, StoreError};
use crate::simulation::pod::{Phase, Pod, Template};

/// What a watch tells of a pod: the change, its key, its version.
type Told = (Change, String, u64);

/// The store as one would first think of it: every state it ever had, and every event.
#[derive(Default)]
struct Naive {
    states: Vec<BTreeMap<String, Arc<Pod>>>,
    events: Vec<Told>,
}

fn pod(namespace: &str, name: &str, uid: u128) -> Pod {
    Pod::new(&namespace.into(), name, uid, Timestamp::UNIX_EPOCH, &Arc::new(Template::default()))
}

fn key(pod: &Pod) -> String {
    format!("{}/{}", pod.namespace, pod.name)
}

fn events_after(store: &Store, version: u64) -> Result<Vec<Told>, Expired> {
    let told = |event: &Arc<super::Event>| (event.change, key(&event.pod), event.pod.version);
    store.events_after(version).map(|events| events.map(told).collect())
}

/// A list as a client reads it: page after page, all at the version of the first.
fn list(
    store: &Store,
    version: u64,
    namespace: Option<&str>,
    limit: usize,
) -> Result<Vec<Arc<Pod>>, Expired> {
    let (mut pods, mut start) = (Vec::new(), None::<Box<str>>);
    loop {
        let page = store.page(version, namespace, start.as_deref(), limit, |_| true)?;
        assert!(page.pods.len() <= limit);
        pods.extend(page.pods);
        match page.next {
            Some(next) => start = Some(next),
            None => return Ok(pods),
        }
    }
}

#[test]
fn each_change_has_a_version_of_its_own_and_a_change_of_nothing_has_none() {
    let mut store = Store::new(7, 10);
    assert_eq!(store.create(pod("a", "x", 1)), Ok(8));
    assert_eq!(store.create(pod("a", "x", 2)), Err(StoreError::Exists));
    assert_eq!(store.patch("a", "x", |_| {}), Ok(8));
    assert_eq!(store.patch("a", "x", |pod| pod.phase = Phase::Running), Ok(9));
    assert_eq!(store.delete("a", "x"), Ok(10));
    assert_eq!(store.delete("a", "x"), Err(StoreError::Missing));
    assert_eq!(store.patch("a", "x", |_| {}), Err(StoreError::Missing));
    let expected = vec![
        (Change::Added, "a/x".to_owned(), 8),
        (Change::Modified, "a/x".to_owned(), 9),
        (Change::Deleted, "a/x".to_owned(), 10),
    ];
    assert_eq!(events_after(&store, 7), Ok(expected));
}

#[test]
fn keys_are_ordered_as_in_etcd_where_the_slash_counts() {
    let mut store = Store::new(0, 10);
    for namespace in ["a", "a-b", "a.b"] {
        store.create(pod(namespace, "x", 1)).expect("it is new");
    }
    let keys: Vec<String> = store.pods(None).map(|pod| key(pod)).collect();
    assert_eq!(keys, ["a-b/x", "a.b/x", "a/x"]);
    let own: Vec<String> = store.pods(Some("a")).map(|pod| key(pod)).collect();
    assert_eq!(own, ["a/x"]);
}

#[test]
fn a_version_before_the_log_has_expired_and_one_from_the_future_begins_there() {
    let mut store = Store::new(100, 2);
    assert_eq!(events_after(&store, 99), Err(Expired { oldest: 100 }));
    assert_eq!(events_after(&store, 102), Ok(vec![]));
    for name in ["w", "x", "y"] {
        store.create(pod("a", name, 1)).expect("it is new");
    }
    assert_eq!(events_after(&store, 100), Err(Expired { oldest: 101 }));
    assert_eq!(events_after(&store, 102), Ok(vec![(Change::Added, "a/y".to_owned(), 103)]));
    store.forget();
    assert_eq!(events_after(&store, 102), Err(Expired { oldest: 103 }));
    assert_eq!(events_after(&store, 103), Ok(vec![]));
}

#[test]
fn a_page_may_begin_anywhere() {
    let mut store = Store::new(0, 10);
    store.create(pod("b", "x", 1)).expect("it is new");
    let found = |namespace, start| {
        store
            .page(1, namespace, Some(start), 5, |_| true)
            .map(|page| page.pods.len())
            .expect("it is the present")
    };
    assert_eq!((found(None, ""), found(None, "b/x"), found(None, "b/y")), (1, 1, 0));
    assert_eq!((found(Some("b"), "a"), found(Some("b"), "zzz"), found(Some("a"), "b/x")), (1, 0, 0));
}

proptest! {
    #[test]
    fn any_past_version_that_the_log_knows_is_listed_and_followed_as_it_was(
        steps in prop::collection::vec((0..3_u8, 0..3_usize, 0..3_usize), 1..60),
        history in 0..40_usize,
        limit in 1..5_usize,
    ) {
        let mut store = Store::new(0, history);
        let mut naive = Naive { states: vec![BTreeMap::new()], ..Naive::default() };
        for (at, &(step, namespace, name)) in steps.iter().enumerate() {
            let (namespace, name) = (["a", "a-b", "b"][namespace], ["x", "y", "z"][name]);
            let done = match step {
                0 => store.create(pod(namespace, name, at as u128)).map(|_| Change::Added),
                1 => store.patch(namespace, name, |pod| pod.uid = at as u128).map(|_| Change::Modified),
                _ => store.delete(namespace, name).map(|_| Change::Deleted),
            };
            let key = format!("{namespace}/{name}");
            let mut state = naive.states.last().cloned().unwrap_or_default();
            prop_assert_eq!(done.is_ok(), state.contains_key(&key) == (step != 0));
            let Ok(change) = done else { continue };
            match store.get(namespace, name) {
                Some(pod) => drop(state.insert(key.clone(), Arc::clone(pod))),
                None => drop(state.remove(&key)),
            }
            naive.states.push(state);
            naive.events.push((change, key, store.version()));
        }
        for (version, state) in naive.states.iter().enumerate() {
            let is_known = version + history >= naive.events.len();
            let after = events_after(&store, version as u64);
            let listed = list(&store, version as u64, None, limit);
            prop_assert_eq!((after.is_ok(), listed.is_ok()), (is_known, is_known));
            if is_known {
                prop_assert_eq!(after, Ok(naive.events[version..].to_vec()));
                prop_assert_eq!(listed, Ok(state.values().cloned().collect::<Vec<_>>()));
                let own = state.values().filter(|pod| &*pod.namespace == "a").cloned().collect::<Vec<_>>();
                prop_assert_eq!(list(&store, version as u64, Some("a"), limit), Ok(own));
            }
        }
    }
}
