use jiff::Timestamp;

use super::super::SqliteStore;
use crate::inventory::ContainerKind;
use crate::inventory::change::{Place, Turn, UseChange};
use crate::record::{Batch, DatedUse, Identity, Store};

use Turn::{Activated, Closed, Deactivated};

const OPENED: Turn = Turn::Opened { active: false };
const OPENED_ACTIVE: Turn = Turn::Opened { active: true };

/// No digest yet, or the digest of that name.
const NONE: &str = "";

fn change(turn: Turn, digest: &str) -> UseChange {
    let place = Place {
        scope: "all namespaces".into(),
        reference: "docker.io/library/nginx:latest".into(),
        digest: (digest != NONE).then(|| digest.into()),
        reported: None,
        namespace: "default".into(),
        workload: "Deployment/web".into(),
        container: "nginx".into(),
        kind: ContainerKind::App,
    };
    UseChange { place, turn }
}

/// The intervals as `digest opened-closed`, with `*` while active and `last N` once not any more.
fn intervals(store: &SqliteStore) -> Vec<String> {
    let mut select = store
        .connection
        .prepare(
            "SELECT ifnull(value, '?') || ' ' || opened || '-' || ifnull(closed, '')
                 || iif(active, ' *', ifnull(' last ' || last_active, ''))
             FROM use_interval LEFT JOIN digest ON digest.id = digest ORDER BY use_interval.id",
        )
        .unwrap();
    select.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

/// Stores one batch after another, at 1, 2, … milliseconds, each twice: to store a batch again
/// changes nothing. The last may be the whole state.
fn stored(batches: &[&[(Turn, &str)]], last_is_whole: bool) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let identity = Identity { cluster: "here".to_owned(), server: "f00d".to_owned() };
    let mut store = SqliteStore::create_or_open(&folder.path().join("record.db"), &identity).unwrap();
    for (number, turns) in (1..).zip(batches) {
        let at = Timestamp::from_millisecond(number).unwrap();
        let uses = turns.iter().map(|&(turn, digest)| DatedUse { at, change: change(turn, digest) });
        let number = number.cast_unsigned();
        let is_whole = last_is_whole && number == batches.len() as u64;
        let is_whole_at = is_whole.then_some(at);
        let batch = Batch { number, is_whole_at, uses: uses.collect(), ..Batch::default() };
        store.commit(&batch).unwrap();
        let once = intervals(&store);
        store.commit(&batch).unwrap();
        assert_eq!(intervals(&store), once, "{batches:?}");
    }
    intervals(&store)
}

fn check(batches: &[&[(Turn, &str)]], expected: &[&str]) {
    assert_eq!(stored(batches, false), expected, "{batches:?}");
}

#[test]
fn an_interval_goes_from_the_first_pod_to_the_last() {
    check(&[&[(OPENED_ACTIVE, "a")]], &["a 1- *"]);
    check(&[&[(OPENED_ACTIVE, "a")], &[(Deactivated, "a")]], &["a 1- last 2"]);
    check(&[&[(OPENED_ACTIVE, "a")], &[(Deactivated, "a")], &[(Closed, "a")]], &["a 1-3 last 2"]);
    check(&[&[(OPENED_ACTIVE, "a")], &[(Closed, "a")]], &["a 1-2 last 2"]);
    check(&[&[(OPENED, "a")], &[(Activated, "a")], &[(Closed, "a")]], &["a 1-3 last 3"]);
    check(&[&[(OPENED, "a")], &[(Closed, "a")], &[(OPENED, "a")]], &["a 1-2", "a 3-"]);
    check(&[&[(OPENED, "a")], &[(OPENED, "b"), (Closed, "a")]], &["a 1-2", "b 2-"]);
}

#[test]
fn a_digest_that_arrives_late_fills_the_open_interval() {
    let early: &[(Turn, &str)] = &[(OPENED_ACTIVE, NONE)];
    let came = [(OPENED_ACTIVE, "a")];
    let went = [(Closed, NONE)];
    check(&[early, &[came, went].concat()], &["a 1- *"]);
    check(&[&[early, &came, &went].concat()], &["a 1- *"]);
    // Another pod of the place waits for its digest for longer.
    check(&[early, &came, &went], &["a 1- *"]);
    check(&[early, &came], &["? 1- *", "a 2- *"]);
    // The one that waited was active until it was told, the other is not.
    check(&[early, &[(OPENED, "a")], &went], &["a 1- last 3"]);
}

#[test]
fn one_more_pod_of_a_place_leaves_no_interval_behind() {
    check(&[&[(OPENED, "a")], &[(OPENED, NONE)], &[(Closed, NONE)]], &["a 1-"]);
    check(&[&[(OPENED, "a")], &[(OPENED, NONE)], &[(Closed, NONE), (Closed, "a")]], &["a 1-3"]);
}

/// After a gap, all that happened in it is told at one moment: a pause of any length may lie in it.
#[test]
fn a_place_that_closes_and_opens_at_one_moment_is_two_intervals() {
    check(&[&[(OPENED, "a")], &[(Closed, "a"), (OPENED, "a")]], &["a 1-2", "a 2-"]);
    check(&[&[(OPENED, NONE)], &[(Closed, NONE), (OPENED, "a")]], &["? 1-2", "a 2-"]);
}

#[test]
fn what_never_gets_a_digest_is_an_interval_too() {
    check(&[&[(OPENED, NONE)], &[(Closed, NONE)]], &["? 1-2"]);
}

#[test]
fn the_whole_state_goes_on_with_what_it_opens_and_closes_the_rest() {
    let check = |before: &[(Turn, &str)], whole: &[(Turn, &str)], expected: &[&str]| {
        assert_eq!(stored(&[before, whole], true), expected, "{before:?}, then {whole:?}");
    };
    check(&[(OPENED, "a")], &[], &["a 1-2"]);
    check(&[(OPENED, "a")], &[(OPENED, "b")], &["a 1-2", "b 2-"]);
    check(&[(OPENED, "a"), (OPENED, "b")], &[(OPENED, "b")], &["a 1-2", "b 1-"]);
    check(&[(OPENED, "a")], &[(OPENED_ACTIVE, "a")], &["a 1- *"]);
    check(&[(OPENED_ACTIVE, "a")], &[(OPENED_ACTIVE, "a")], &["a 1- *"]);
    check(&[(OPENED_ACTIVE, "a")], &[(OPENED, "a")], &["a 1- last 2"]);
    check(&[], &[(OPENED, "a"), (Activated, "a")], &["a 2- *"]);
}
