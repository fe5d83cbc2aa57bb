//! A record with something of everything, and what can be wrong with its file.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, params};

use super::identity;
use crate::inventory::{
    Cause, Container, ContainerKind, Inventory, Pod, PodEvent, Scope, ScopeId, Time, Uid,
};
use crate::record::past::{Healed, Seen};
use crate::record::samples::{ALL, t};
use crate::record::{Batch, Checkpoint, Cursor, DatedUse, Entry, EventId, NewStart, SqliteStore, Store as _};

fn pod(name: &str, images: &[(&str, char)], container_id: &str) -> Pod {
    let containers = images.iter().zip(ContainerKind::ALL).map(|(&(image, digit), kind)| Container {
        name: format!("{kind:?}").into(),
        kind,
        image: image.into(),
        image_id: format!("mirror.example.com/web@sha256:{}", digit.to_string().repeat(64)).into(),
        container_id: container_id.into(),
    });
    Pod {
        namespace: "shop".into(),
        name: name.into(),
        uid: Uid::parse(name),
        active: name != "done",
        workload: format!("Deployment/{name}").into(),
        containers: containers.collect(),
    }
}

/// What happens from a time on: pods come, change and go; the batches of it.
pub(super) fn batches(inventory: &mut Inventory, scope: ScopeId, from: Timestamp) -> Vec<Batch> {
    let web =
        |digit, id| pod("web", &[("nginx", digit), ("quay.io/shop/web:1", 'b'), ("NOT A\nNAME", 'c')], id);
    let apply = |pod| PodEvent::Apply(scope, pod);
    let gone = |name: &str| PodEvent::Delete {
        scope,
        namespace: "shop".into(),
        name: name.into(),
        uid: Uid::parse(name),
    };
    let other = |image| pod("other", &[("nginx:latest", 'd'), (image, 'e')], "one");
    let steps = [
        vec![
            PodEvent::Init(scope, Cause::Start),
            apply(web('a', "one")),
            apply(pod("done", &[("job:1", 'f')], "x")),
        ],
        vec![apply(other("busybox")), PodEvent::InitDone { scope, sweep: true }],
        vec![apply(web('d', "two")), apply(other("busybox:2"))],
        vec![gone("done"), gone("web")],
    ];
    let mut sequence = 0;
    let mut batches = Vec::new();
    for (second, events) in (0..).zip(steps) {
        let at = from + jiff::SignedDuration::from_secs(second * 10);
        let mut batch = Batch { number: batches.len() as u64 + 1, ..Batch::default() };
        for event in events {
            let changes = inventory.apply(event, Time(at.as_millisecond()));
            batch.images.extend(changes.images);
            batch.pods.extend(changes.pods);
            batch.uses.extend(changes.uses.into_iter().map(|change| DatedUse { at, change }));
            for event in changes.events {
                sequence += 1;
                let start = from.as_second().unsigned_abs();
                let id = EventId { record: "0123456789ab".into(), start, sequence: start * 1_000 + sequence };
                batch.entries.push(Entry { id, observed: at, not_before: None, not_after: Some(at), event });
            }
        }
        batch.seen.push(Seen { scope: ALL.into(), from, until: at, healed: Healed::Blind });
        batch.checkpoints.push(Checkpoint { scope: ALL.into(), resource_version: Some("7".into()) });
        batch.cursors.push(Cursor { output: "lines", sequence: 1 });
        batches.push(batch);
    }
    batches
}

/// The bytes of a whole record, made at `path`.
pub(super) fn whole(path: &Path) -> Vec<u8> {
    let mut store = Box::new(SqliteStore::create_or_open(path, &identity()).expect("a new record"));
    for from in [10, 100] {
        let mut inventory = Inventory::default();
        inventory.set_linger(1_000);
        store.restore(&mut inventory).expect("it can be read");
        let scope = inventory.scope(&Scope::default());
        let start =
            NewStart { at: t(from), scopes: vec![ALL.into(), "namespace a".into()], is_adopting: false };
        store.begin(&start).expect("it can be begun");
        for batch in batches(&mut inventory, scope, t(from)) {
            store.commit(&batch).expect("it can be written");
        }
    }
    store.close().expect("it can be closed");
    fs::read(path).expect("it is there")
}

/// A damage is eight bytes: what is done, where, and with which value. An input is a few of them.
const LENGTH: usize = 8;

/// So many columns have all tables together.
const COLUMNS: u8 = 91;

/// One of each kind.
pub(super) fn seeds() -> Vec<Vec<u8>> {
    let damages = (0..8).map(|kind| vec![kind, 3, 0, 40, 0, 1, 2, 255]);
    // A number that no word has, in each column.
    let rows = (0..COLUMNS).map(|column| vec![7, column, 0, 3, 0, 4, 200, 0]);
    damages.chain(rows).chain([Vec::new()]).collect()
}

/// Writes a record with these damages in place of what is there.
pub(super) fn write(path: &Path, whole: &[u8], damages: &[u8]) {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        let _ = fs::remove_file(name);
    }
    let (in_rows, in_bytes): (Vec<_>, Vec<_>) =
        damages.chunks_exact(LENGTH).take(16).partition(|damage| damage[0] % 8 == 7);
    fs::write(path, whole).expect("a file");
    for damage in in_rows {
        spoil_row(path, damage);
    }
    if !in_bytes.is_empty() {
        let mut bytes = fs::read(path).expect("it is there");
        for damage in in_bytes {
            spoil_bytes(&mut bytes, damage);
        }
        fs::write(path, bytes).expect("a file");
    }
}

/// What a disk may do to a file of pages.
fn spoil_bytes(bytes: &mut Vec<u8>, damage: &[u8]) {
    const PAGE: usize = 4096;
    let number = |from: usize| usize::from(u16::from_be_bytes([damage[from], damage[from + 1]]));
    let pages = (bytes.len() / PAGE).max(1);
    let page = usize::from(damage[1]) % pages;
    let at = (page * PAGE + number(2) % PAGE).min(bytes.len().saturating_sub(1));
    let other = number(4) % pages;
    if bytes.len() < pages * PAGE {
        return;
    }
    match damage[0] % 8 {
        0 => bytes[at] = damage[7],
        1 => bytes[at] ^= 1 << (damage[7] % 8),
        2 => bytes.truncate(at),
        3 => bytes[page * PAGE..(page + 1) * PAGE].fill(damage[7]),
        4 => bytes.copy_within(page * PAGE..(page + 1) * PAGE, other * PAGE),
        5 => {
            let end = bytes.len().min(at + number(6));
            bytes[at..end].fill(damage[5]);
        }
        _ => {
            for place in at..(at + PAGE).min(bytes.len()) {
                bytes.swap(place, other * PAGE + place % PAGE);
            }
        }
    }
}

/// What may stand in a column.
fn value(damage: &[u8]) -> Value {
    match damage[5] % 14 {
        0 => Value::Null,
        1 => Value::Integer(-1),
        2 => Value::Integer(i64::MIN),
        3 => Value::Integer(i64::MAX),
        4 => Value::Integer(i64::from(damage[6])),
        5 => Value::Integer(1 << (damage[6] % 63)),
        6 => Value::Text(String::new()),
        7 => Value::Text("\n\u{202e}[[\"x\", 7]]".repeat(usize::from(damage[6] % 4))),
        8 => Value::Text("a".repeat(usize::from(damage[6]) * 100)),
        9 => Value::Blob(Vec::new()),
        10 => Value::Blob(vec![damage[6]; 16]),
        11 => Value::Blob(vec![0xff; 33]),
        12 => Value::Integer(i64::from(damage[6]) * 1_000),
        _ => Value::Text("sha256:".to_owned()),
    }
}

/// Writes a value that does not belong there into a row, or takes rows away.
fn spoil_row(path: &Path, damage: &[u8]) {
    const CARELESS: &str = "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;
        PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY";
    let connection = Connection::open(path).expect("a database");
    connection.execute_batch(CARELESS).expect("settings");
    let columns: Vec<(String, String)> = connection
        .prepare(
            "SELECT schema.name, info.name FROM sqlite_schema AS schema, pragma_table_info(schema.name) AS info
             WHERE schema.type = 'table' ORDER BY 1, 2",
        )
        .and_then(|mut select| select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
        .expect("a schema");
    let (table, column) = &columns[usize::from(damage[1]) % columns.len()];
    let up_to = i64::from(damage[3] % 4) + 1;
    // A value of another type is refused, as all tables are strict; then nothing is spoiled.
    let some = format!("?1 = 4 OR {column} IN (SELECT {column} FROM {table} LIMIT ?1)");
    let _ = if damage[4] % 16 == 15 {
        connection.execute(&format!("DELETE FROM {table} WHERE {some}"), params![up_to])
    } else {
        let sql = format!("UPDATE OR REPLACE {table} SET {column} = ?2 WHERE {some}");
        connection.execute(&sql, params![up_to, value(damage)])
    };
    // The file, not a log beside it, is what is damaged further.
    let _ = connection.close();
}
