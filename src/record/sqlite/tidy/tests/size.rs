//! A record that may have only so many bytes.

use std::fs;

use super::super::{SPARE_PAGES, pragma};
use super::history::{DAY, Record, at, limits, minute};
use crate::inventory::change::Happening::{Added, Removed};
use crate::record::Limits;
use crate::record::past::Healed;

const HOUR: i64 = 60;

/// A record of as many images, each used for half an hour.
fn filled(images: usize) -> Record {
    let mut record = Record::new();
    record.turn(0, (images, images, images), true);
    for (began, number) in (0..).step_by(60).zip(0..images) {
        let key = (number, number, number);
        record.turn(began, key, true);
        record.event(began, key, Added);
        record.turn(began + 30, key, false);
        record.event(began + 30, key, Removed);
    }
    record.said(2 * images as u64);
    record
}

fn pages(record: &Record) -> i64 {
    let [all, free] =
        ["page_count", "freelist_count"].map(|name| pragma(&record.store.connection, name).unwrap());
    all - free
}

#[test]
fn a_record_that_is_too_large_loses_its_oldest_until_it_fits() {
    let mut record = filled(1500);
    let now = 1500 * HOUR;
    record.seen(0, now, Healed::Blind);
    let fine = limits(400, 100);
    record.tidy(now, &fine);
    assert_eq!((record.uses().len(), record.events().len()), (1501, 3000));

    let room = pages(&record) * 2 / 3;
    record.tidy(now, &Limits { max_size: Some(4096 * room.cast_unsigned()), ..fine });
    assert!((room * 9 / 10..=room).contains(&pages(&record)), "{} of {room}", pages(&record));
    let (uses, events) = (record.uses(), record.events());
    assert!(uses.len() > 700 && events.len() > 1400, "{} {}", uses.len(), events.len());
    assert_eq!(uses.iter().filter(|one| one.closed.is_none()).count(), 1, "what goes on is kept");
    let until = record.about().pruned_until.unwrap();
    assert!(uses.iter().all(|one| one.closed.is_none_or(|closed| closed >= until)));
    assert!(events.iter().all(|one| one.observed >= until));
    assert_eq!(record.sight(), [(minute(until), now)], "and counts as not seen");
    assert!(until <= at(800 * HOUR), "no more than was needed: {until}");

    record.tidy(now, &Limits { max_size: Some(1), ..fine });
    assert_eq!((record.uses().len(), record.events().len()), (1, 0), "no smaller than it can be");
}

#[test]
fn pages_that_are_free_are_given_back() {
    let mut record = filled(4000);
    let all = pages(&record);
    assert!(all > 2 * SPARE_PAGES, "{all}");
    record.tidy(1000 * DAY, &limits(400, 7));
    record.store.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let left = fs::metadata(record.path()).unwrap().len() / 4096;
    assert!(left <= SPARE_PAGES.cast_unsigned() + 40, "{left} pages of {all}");
}
