//! What every past must tell of a record that another is writing: what the record says of itself,
//! what was seen, and that nothing moves under a question. Uses, events and the latest versions have
//! their own files.

use super::record::{events, on_every_record, uses};
use crate::inventory::change::Happening;
use crate::record::past::{About, Healed, Seen, Sight, Span, Start, Use};
use crate::record::samples::{ALL, span, t, used};

mod events;
mod latest;
mod uses;

const DAY: i64 = 24 * 60 * 60;

fn seen(scope: &str, from: i64, until: i64, healed: Healed) -> Seen {
    Seen { scope: scope.into(), from: t(from), until: t(until), healed }
}

#[test]
fn a_record_says_whose_it_is() {
    on_every_record(|record| {
        let about = About {
            record: record.id.clone(),
            cluster: "here".to_owned(),
            pruned_until: None,
            coarse_until: None,
        };
        assert_eq!(record.past().about().unwrap(), about);
    });
}

#[test]
fn a_record_says_how_far_it_is_pruned_and_coalesced() {
    on_every_record(|record| {
        record.see(&[seen(ALL, 0, 100 * DAY, Healed::Blind)]);
        let again = 60 * DAY + 60;
        record.keep(&[
            used("pruned", 0).until(DAY),
            used("coalesced", 59 * DAY).until(60 * DAY),
            used("coalesced", again).until(61 * DAY),
            used("fine", 99 * DAY),
        ]);
        record.tidy(100 * DAY, 50 * DAY, 10 * DAY);
        let past = record.past();
        let About { pruned_until, coarse_until, .. } = past.about().unwrap();
        let is_within = |time, from, until| (Some(t(from))..=Some(t(until))).contains(&time);
        assert!(is_within(pruned_until, DAY, 50 * DAY), "{pruned_until:?}");
        assert!(is_within(coarse_until, 61 * DAY, 90 * DAY), "{coarse_until:?}");
        let mut told = uses(&*past, Span::ALWAYS, &[]);
        told.sort_by_key(|one| one.opened);
        let coalesced = Use { runs: 2, ..used("coalesced", 59 * DAY).until(61 * DAY) };
        assert_eq!(told, [coalesced, used("fine", 99 * DAY)]);
    });
}

#[test]
fn each_start_is_told_with_what_it_watched() {
    on_every_record(|record| {
        record.start(7, &["namespace 'a'", "namespace \"b\n\""]);
        record.start(5, &[]);
        let start = |number, at, scopes: &[&str]| Start {
            number,
            at: t(at),
            scopes: scopes.iter().map(|scope| (*scope).into()).collect(),
        };
        let expected =
            [start(1, 0, &[ALL]), start(2, 7, &["namespace 'a'", "namespace \"b\n\""]), start(3, 5, &[])];
        assert_eq!(record.past().sight().unwrap().starts, expected);
    });
}

#[test]
fn what_was_seen_is_told_by_scope_oldest_first() {
    on_every_record(|record| {
        let (a, b) = ("namespace a", "namespace b");
        record.see(&[seen(b, 50, 60, Healed::Unwritable), seen(a, 30, 40, Healed::Bridged)]);
        record.see(&[seen(a, 10, 20, Healed::Blind)]);
        let told = record.past().sight().unwrap().seen;
        let of = |scope: &str| told.iter().filter(|one| &*one.scope == scope).cloned().collect::<Vec<_>>();
        assert_eq!(of(a), [seen(a, 10, 20, Healed::Blind), seen(a, 30, 40, Healed::Bridged)]);
        assert_eq!(of(b), [seen(b, 50, 60, Healed::Unwritable)]);
        assert_eq!(told.len(), 3);
        assert!(
            record.seen().len() == 3 && told.iter().all(|one| record.seen().contains(one)),
            "by the store"
        );
    });
}

#[test]
fn a_time_of_sight_that_goes_on_is_told_as_one() {
    on_every_record(|record| {
        record.see(&[seen(ALL, 10, 20, Healed::Blind)]);
        record.see(&[seen(ALL, 10, 30, Healed::Blind)]);
        assert_eq!(record.past().sight().unwrap().seen, [seen(ALL, 10, 30, Healed::Blind)]);
    });
}

#[test]
fn what_is_in_doubt_no_longer_counts_as_seen_and_all_else_does() {
    let (a, b) = ("namespace a", "namespace b");
    on_every_record(|record| {
        record.see(&[seen(a, 10, 20, Healed::Blind), seen(b, 10, 70, Healed::Blind)]);
        record.see(&[seen(a, 30, 40, Healed::Bridged), seen(a, 50, 60, Healed::Bridged)]);
        record.doubt(a, 35, &[seen(a, 70, 80, Healed::Blind)]);
        let told = record.past().sight().unwrap().seen;
        let expected = [
            seen(a, 10, 20, Healed::Blind),
            seen(b, 10, 70, Healed::Blind),
            seen(a, 30, 35, Healed::Bridged),
            seen(a, 70, 80, Healed::Blind),
        ];
        assert_eq!(told, expected);
        record.doubt(a, 10, &[]);
        assert_eq!(
            record.past().sight().unwrap().seen[0],
            seen(a, 10, 10, Healed::Blind),
            "its first moment"
        );
        record.doubt(a, 9, &[]);
        assert_eq!(record.past().sight().unwrap().seen, [seen(b, 10, 70, Healed::Blind)]);
    });
}

#[test]
fn every_answer_is_of_when_the_record_was_first_asked() {
    on_every_record(|record| {
        record.see(&[seen(ALL, 0, 20, Healed::Blind)]);
        let past = record.past();
        record.keep(&[used("job", 10).until(20)]);
        let event = record.tell(10, Happening::Added, "job");
        let about = past.about().unwrap();

        record.keep(&[used("web", 30)]);
        record.tell(30, Happening::Added, "web");
        record.see(&[seen(ALL, 0, 100 * DAY, Healed::Blind)]);
        record.start(40, &[ALL]);
        record.tidy(100 * DAY, DAY, DAY);

        for _ in ["once", "and again"] {
            assert_eq!(past.about().unwrap(), about);
            let start = Start { number: 1, at: t(0), scopes: vec![ALL.into()] };
            let sight = Sight { starts: vec![start], seen: vec![seen(ALL, 0, 20, Healed::Blind)] };
            assert_eq!(past.sight().unwrap(), sight);
            assert_eq!(uses(&*past, Span::ALWAYS, &[]), [used("job", 10).until(20)]);
            assert_eq!(events(&*past, Span::ALWAYS, &[]), std::slice::from_ref(&event));
            let mut latest = Vec::new();
            past.latest(9, &mut |one| latest.push(one)).unwrap();
            assert_eq!(latest, [used("job", 10).until(20)]);
        }
        let now = record.past();
        assert_eq!(uses(&*now, span(0, 50), &[]), [used("web", 30)], "another sees what came since");
        assert_eq!(now.sight().unwrap().starts.last().map(|start| start.number), Some(2));
    });
}
