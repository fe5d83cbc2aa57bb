//! Record files of a failing disk, or of another program's making.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::past::{Past as _, Span};
use super::samples::t;
use super::{Batch, Identity, Limits, NewStart, RecordError, SqlitePast, SqliteStore, Store as _};
use crate::answers::keep::{Keep, Terms, Unanswered, ask};
use crate::answers::{Filter, Pattern, Wanted, When, at, at_last, diff, export, history};
use crate::fuzz::{Outcome, fuzz, holds, kind_of};
use crate::inventory::{Inventory, Scope};

mod file;

/// More steps than any record of this size has work for.
const STEPS: usize = 10_000;

pub(super) fn identity() -> Identity {
    Identity { cluster: "here".to_owned(), server: "f00d".to_owned() }
}

/// Whatever stands in a file, to read and write it gives answers or errors that say what to do, and one
/// that promises that the file will be set aside keeps that promise.
#[test]
fn records() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("record.db");
    let whole = file::whole(&path);
    let seeds = file::seeds();
    fuzz("records", &[], seeds, |damage| {
        file::write(&path, &whole, damage);
        let mut said = vec![read(&path)];
        file::write(&path, &whole, damage);
        let error = write(&path).err();
        said.push(error.as_ref().map_or_else(|| Ok("written".to_owned()), sound));
        if error.as_ref().is_some_and(RecordError::is_damage) {
            SqliteStore::set_aside(&path, Timestamp::UNIX_EPOCH).map_err(|error| error.to_string())?;
            write(&path).map_err(|error| format!("after it was set aside: {error}"))?;
        }
        said.into_iter().collect::<Result<Vec<_>, _>>().map(|said| format!("{said:?}"))
    });
}

/// That an error is fit to be shown; what it says.
fn sound(error: &RecordError) -> Outcome {
    let message = error.to_string();
    holds(&format!("it names the file: {message}"), message.contains("record.db"))?;
    let promises = message.contains("sets it aside");
    holds(&format!("a damaged file is set aside, and it is said: {message}"), promises == error.is_damage())?;
    // Its path is another in each run.
    let around: Vec<&str> = message.split_whitespace().filter(|word| !word.contains("record.db")).collect();
    Ok(kind_of(&around.join(" ")))
}

/// Asks all that can be asked.
fn read(path: &Path) -> Outcome {
    match asked(path) {
        Ok(said) => Ok(said),
        Err(error) => sound(&error),
    }
}

fn asked(path: &Path) -> Result<String, RecordError> {
    let past = SqlitePast::open(path)?;
    let mut said = Vec::new();
    let mut say = |what: Result<usize, RecordError>| {
        said.push(match what {
            Ok(count) => count.min(3).to_string(),
            Err(error) => sound(&error).unwrap_or_else(|unsound| panic!("{unsound}")),
        });
    };
    say(past.about().map(|_| 0));
    say(past.sight().map(|sight| sight.seen.len()));
    let patterns = ["nginx", "*/web:*", "sha256:aaaaaaaaaaaa"].map(Pattern::parse);
    let now = t(200);
    for image in [None].into_iter().chain(patterns.map(Result::ok)) {
        let hints = image.as_ref().map(Pattern::hints).unwrap_or_default();
        let mut count = 0;
        say(past.uses(Span::ALWAYS, &hints, &mut |_| count += 1).map(|()| count));
        say(past.events(Span::ALWAYS, &hints, &mut |_| count += 1).map(|()| count));
        let filter = Filter { image, active: count % 2 == 0, kinds: Vec::new() };
        let wanted = Wanted { filter: &filter, namespaces: &[] };
        say(at(&past, wanted, t(50), t(100)).map(|at| at.certain.len()));
        say(at_last(&past, wanted, now).map(|at| at.certain.len()));
        say(diff(&past, wanted, t(15), None, now).map(|diff| diff.changes.len()));
        say(history(&past, wanted, None, None, now).map(|history| history.uses.len()));
        say(export(&past, wanted, When::Since(t(15)), now).map(|export| export.images.len()));
    }
    let terms = |max_gap| Terms {
        window: Span { from: t(0), until: now },
        max_gap: SignedDuration::from_secs(max_gap),
        partial_scope: true,
    };
    for max_gap in [0, 1_000] {
        match ask(&past, terms(max_gap), 3) {
            Ok(asked) => {
                let mut keep = Keep::default();
                keep.add(asked.cluster);
                let mut names = keep.list().len();
                keep.into_names(&mut |_| names += 1);
                say(Ok(names));
            }
            Err(Unanswered::Record(error)) => say(Err(error)),
            Err(Unanswered::Refused { refusal, .. }) => drop(refusal.to_string()),
        }
    }
    Ok(format!("{said:?}"))
}

/// Goes on with a record as a start does.
fn write(path: &Path) -> Result<(), RecordError> {
    let mut store = Box::new(SqliteStore::create_or_open(path, &identity())?);
    let mut inventory = Inventory::default();
    inventory.set_linger(1_000);
    let opened = store.restore(&mut inventory)?;
    store.seen()?;
    let scope = inventory.scope(&Scope::default());
    store.begin(&NewStart { at: t(200), scopes: vec!["all namespaces".into()], is_adopting: false })?;
    let mut after = opened.last_sequence.min(5);
    loop {
        let unsaid = store.unsaid(after, 2)?;
        let Some(last) = unsaid.last() else { break };
        assert!(last.id.sequence > after, "events go on");
        after = last.id.sequence;
    }
    for (number, batch) in (1..).zip(file::batches(&mut inventory, scope, t(200))) {
        store.commit(&Batch { number, ..batch })?;
    }
    let limits = Limits {
        keep_for: SignedDuration::from_secs(120),
        max_size: Some(1_000_000),
        fine_for: SignedDuration::from_secs(60),
    };
    for step in 0.. {
        assert!(step < STEPS, "the record is never tidy");
        if !store.tidy(t(300), &limits)? {
            break;
        }
    }
    store.close()
}
