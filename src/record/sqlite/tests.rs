use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use tempfile::TempDir;

use super::{SqlitePast, SqliteStore};
use crate::inventory::change::{ImageRow, Place, PodRow, ShapeRow, Turn, UseChange};
use crate::inventory::{ContainerKind, Inventory};
use crate::record::past::{Healed, Past as _, Seen};
use crate::record::{
    Batch, Checkpoint, Cursor, DatedUse, Identity, Limits, NewStart, Opened, RecordError, Restore, Store,
};

fn identity(cluster: &str, server: &str) -> Identity {
    Identity { cluster: cluster.to_owned(), server: server.to_owned() }
}

fn try_open(path: &Path) -> Result<SqliteStore, RecordError> {
    SqliteStore::create_or_open(path, &identity("here", "f00d"))
}

fn open(path: &Path) -> (Box<SqliteStore>, Opened) {
    begin(try_open(path).unwrap())
}

/// Takes back what the record holds, and begins a start that watches everything.
fn begin(mut store: SqliteStore) -> (Box<SqliteStore>, Opened) {
    let opened = store.restore(&mut Inventory::default()).unwrap();
    let scopes = vec!["all namespaces".into()];
    store.begin(&NewStart { at: Timestamp::UNIX_EPOCH, scopes, is_adopting: false }).unwrap();
    (Box::new(store), opened)
}

/// How often the record was opened.
fn starts(store: &SqliteStore) -> u64 {
    let starts: i64 = store.connection.query_one("SELECT starts FROM record", [], |row| row.get(0)).unwrap();
    starts.cast_unsigned()
}

/// Every file in the folder with its contents.
fn contents(folder: &TempDir) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), fs::read(&path).unwrap_or_default()))
        .collect();
    files.sort();
    files
}

fn reached(version: &str) -> Batch {
    let checkpoint = Checkpoint { scope: "all namespaces".into(), resource_version: Some(version.into()) };
    Batch { number: version.parse().unwrap(), checkpoints: vec![checkpoint], ..Batch::default() }
}

#[test]
fn what_is_no_record_is_refused_and_left_as_it_is() {
    let check = |prepare: &dyn Fn(&Path), message: &str| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record.db");
        prepare(&path);
        let before = contents(&folder);
        for error in [try_open(&path).unwrap_err(), SqlitePast::open(&path).unwrap_err()] {
            let error = error.to_string();
            assert!(error.contains(message), "{error}");
            assert!(error.contains(path.to_str().unwrap()), "{error}");
            assert_eq!(contents(&folder), before, "{error}");
        }
    };
    check(&|path| fs::write(path, "apiVersion: v1\n").unwrap(), "a file of another kind");
    check(&|path| fs::write(path, "SQLite format 3\0").unwrap(), "a database of another program");
    check(
        &|path| Connection::open(path).unwrap().execute_batch("CREATE TABLE pod (name TEXT)").unwrap(),
        "a database of another program",
    );
    // Its table is in its log as yet.
    let log_alone = |path: &Path| {
        let other = Connection::open(path).unwrap();
        other.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
        other.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE pod (name TEXT)").unwrap();
    };
    check(&log_alone, "a database of another program");
    check(&|path| fs::create_dir(path).unwrap(), "it is a folder");
}

#[test]
fn what_holds_nothing_yet_cannot_be_asked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.db");
    let check = |expected: &str| {
        let error = SqlitePast::open(&path).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check("No such file");
    fs::write(&path, "").unwrap();
    check("an empty file");
    drop(try_open(&path));
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 0).unwrap();
    check("an empty database");
}

#[test]
fn a_path_that_cannot_be_a_file_is_refused_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let error = try_open(&folder.path().join("missing/record.db")).unwrap_err();
    assert!(matches!(&error, RecordError::NoFolder { folder, .. } if folder.ends_with("missing")), "{error}");
    fs::write(folder.path().join("file"), "").unwrap();
    let error = try_open(&folder.path().join("file/record.db")).unwrap_err();
    assert!(matches!(&error, RecordError::Access { .. }), "{error}");
    let error = try_open(Path::new("/dev/null")).unwrap_err();
    assert!(matches!(&error, RecordError::Foreign { .. }), "{error}");
}

#[test]
fn an_empty_file_becomes_a_record() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.db");
    fs::write(&path, "").unwrap();
    let (store, _) = open(&path);
    assert_eq!(starts(&store), 1);
    let vacuum: u32 = store.connection.pragma_query_value(None, "auto_vacuum", |row| row.get(0)).unwrap();
    assert_eq!(vacuum, 2, "incremental: chosen before the first table, or never");
}

#[test]
fn a_file_whose_maker_died_before_the_first_table_becomes_a_record() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.db");
    Connection::open(&path).unwrap().pragma_update(None, "auto_vacuum", "INCREMENTAL").unwrap();
    assert!(fs::metadata(&path).unwrap().len() > 0, "it is not merely empty");
    let (store, _) = open(&path);
    assert_eq!(starts(&store), 1);
}

#[test]
fn a_newer_schema_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.db");
    drop(open(&path));
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    for error in [try_open(&path).unwrap_err(), SqlitePast::open(&path).unwrap_err()] {
        assert!(matches!(error, RecordError::Newer { found: 99, known: 1, .. }), "{error}");
    }
}

#[test]
fn another_cluster_is_refused_and_another_server_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.db");
    drop(open(&path));
    let error = SqliteStore::create_or_open(&path, &identity("there", "f00d")).unwrap_err().to_string();
    assert!(error.contains("\"here\"") && error.contains("\"there\""), "{error}");

    let elsewhere = || SqliteStore::create_or_open(&path, &identity("here", "beef")).unwrap();
    let is_elsewhere = |store: &mut SqliteStore| store.restore(&mut Nothing).unwrap().is_elsewhere;
    assert!(is_elsewhere(&mut elsewhere()), "opened, for its pods to tell");
    assert!(is_elsewhere(&mut elsewhere()), "to look changes nothing");
    drop(begin(elsewhere()));
    assert!(!is_elsewhere(&mut elsewhere()));
    assert!(is_elsewhere(&mut try_open(&path).unwrap()));
}

/// A version says nothing in the history of another server.
#[test]
fn no_version_is_resumed_from_at_another_server() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.db");
    let (mut store, _) = open(&path);
    store.commit(&reached("42")).unwrap();
    store.close().unwrap();
    assert_eq!(open(&path).1.checkpoints.len(), 1, "the server is the same");

    for _ in ["at the first start there", "ever after"] {
        let store = SqliteStore::create_or_open(&path, &identity("here", "beef")).unwrap();
        assert_eq!(begin(store).1.checkpoints.len(), 0);
    }
    assert_eq!(open(&path).1.checkpoints.len(), 0, "nor at the first server again");
}

#[test]
fn a_second_writer_is_refused_by_any_name_of_the_file_until_the_first_lets_go() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.db");
    let (store, _) = open(&path);
    let names = [path.clone(), folder.path().join("link.db")];
    std::os::unix::fs::symlink(&path, &names[1]).unwrap();
    for name in &names {
        let error = try_open(name).unwrap_err();
        assert!(matches!(error, RecordError::Locked { .. }), "{error}");
    }
    store.close().unwrap();
    assert_eq!(starts(&open(&names[1]).0), 2);
}

#[test]
fn readers_are_welcome_beside_the_writer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.db");
    let (mut store, _) = open(&path);
    let reader = Connection::open_with_flags(&path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let read = || -> String {
        reader.query_one("SELECT max(resource_version) FROM checkpoint", [], |row| row.get(0)).unwrap()
    };
    for version in ["1", "2"] {
        store.commit(&reached(version)).unwrap();
        assert_eq!(read(), version);
    }
}

/// Opening what stands for the log fails as it does in a folder that only may be read.
#[test]
fn a_record_is_read_as_it_lies_where_nothing_can_be_written_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("100%41 of it?#ä.db");
    open(&path).0.close().unwrap();
    let log = folder.path().join("100%41 of it?#ä.db-wal");
    std::os::unix::fs::symlink("/no/such/folder", &log).unwrap();
    assert_eq!(SqlitePast::open(&path).unwrap().about().unwrap().cluster, "here");

    fs::remove_file(&log).unwrap();
    fs::create_dir(&log).unwrap();
    let error = SqlitePast::open(&path).unwrap_err();
    assert!(matches!(error, RecordError::Ask { .. }), "what stands in a log is not left out: {error}");
}

#[test]
fn only_the_owner_may_read_what_is_made() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (_store, _) = open(&folder.path().join("record.db"));
    let files = contents(&folder);
    assert_eq!(files.len(), 4, "the database, its lock, its log and the log's index: {files:?}");
    for (file, _) in files {
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
}

/// What a killed process leaves is what stands in its files at that moment.
#[test]
fn what_was_committed_survives_the_end_of_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let (left, found) = (folder.path().join("record.db"), folder.path().join("found.db"));
    let (mut store, first) = open(&left);
    let at = Timestamp::from_second(1_795_377_600).unwrap();
    let cursors = vec![Cursor { output: "lines", sequence: 7 }];
    let seen = vec![Seen { scope: "all namespaces".into(), from: at, until: at, healed: Healed::Blind }];
    store.commit(&Batch { cursors, seen, ..reached("42") }).unwrap();
    fs::copy(&left, &found).unwrap();
    fs::copy(folder.path().join("record.db-wal"), folder.path().join("found.db-wal")).unwrap();
    let (store, opened) = open(&found);
    assert_eq!((opened.record, starts(&store)), (first.record, 2));
    assert_eq!(opened.checkpoints.get("all namespaces").map(|version| &**version), Some("42"));
    assert_eq!(opened.cursors.get("lines"), Some(&7));
    assert_eq!(opened.last_seen.get("all namespaces"), Some(&at));
}

/// SQLite's own words: with FULL "an operating system crash or power failure will not" take a commit
/// back, with NORMAL in WAL mode it "might". What cannot be tried here is asked for.
#[test]
fn every_batch_is_synced_to_the_disk_also_after_tidying() {
    const FULL: i64 = 2;
    let folder = tempfile::tempdir().unwrap();
    let (mut store, _) = open(&folder.path().join("record.db"));
    let pragma =
        |store: &SqliteStore, name: &str| store.connection.pragma_query_value(None, name, |row| row.get(0));
    assert_eq!(pragma(&store, "synchronous"), Ok(FULL));
    store.tidy(Timestamp::now(), &Limits::default()).unwrap();
    assert_eq!(pragma(&store, "synchronous"), Ok(FULL));
    let journal: String =
        store.connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(journal, "wal");
}

#[test]
fn a_tidy_close_leaves_the_database_and_its_lock_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, _) = open(&folder.path().join("record.db"));
    store.commit(&reached("1")).unwrap();
    store.close().unwrap();
    let names: Vec<_> = contents(&folder).into_iter().map(|(path, _)| path).collect();
    assert_eq!(names, ["record.db", "record.db.lock"].map(|name| folder.path().join(name)));
}

#[test]
fn a_damaged_record_says_so_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.db");
    drop(open(&path));
    let row = "INSERT INTO pod VALUES ('a', 'a', zeroblob(16), 77, NULL)";
    Connection::open(&path).unwrap().execute(row, []).unwrap();
    let error = try_open(&path).unwrap().restore(&mut Inventory::default()).unwrap_err().to_string();
    assert!(error.contains("damaged"), "{error}");

    Connection::open(&path).unwrap().execute("DELETE FROM record", []).unwrap();
    let error = try_open(&path).unwrap_err();
    assert!(error.is_damage() && error.to_string().contains("sets it aside"), "{error}");

    let mut bytes = fs::read(&path).unwrap();
    bytes[200..].fill(0x55);
    fs::write(&path, bytes).unwrap();
    let error = try_open(&path).unwrap_err();
    assert!(error.is_damage() && error.to_string().contains("sets it aside"), "{error}");
}

#[test]
fn a_damaged_record_is_set_aside_whole_and_another_begun() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.db");
    let (store, _) = open(&path);
    let error = SqliteStore::set_aside(&path, Timestamp::UNIX_EPOCH).unwrap_err();
    assert!(matches!(error, RecordError::Locked { .. }), "{error}");
    drop(store);
    fs::write(folder.path().join("record.db-wal"), "the log").unwrap();
    let before = fs::read(&path).unwrap();
    let aside = SqliteStore::set_aside(&path, Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(aside, folder.path().join("record.db.damaged-19700101T000000Z"));
    assert_eq!(fs::read(&aside).unwrap(), before);
    assert_eq!(fs::read(folder.path().join("record.db.damaged-19700101T000000Z-wal")).unwrap(), b"the log");
    assert_eq!(starts(&open(&path).0), 1);
}

#[test]
fn a_damaged_record_that_cannot_be_moved_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.db");
    drop(open(&path));
    fs::create_dir(folder.path().join("record.db.damaged-19700101T000000Z")).unwrap();
    let error = SqliteStore::set_aside(&path, Timestamp::UNIX_EPOCH).unwrap_err();
    assert!(matches!(error, RecordError::Access { .. }), "{error}");
}

/// Room is made for all numbers up to the highest.
#[test]
fn a_number_that_no_image_or_shape_can_have_is_damage() {
    let rows = ["image (id, reference) VALUES", "shape VALUES"];
    for row in rows {
        for id in [1_i64 << 24, 1 << 31, 4_000_000_000, u32::MAX.into(), -1] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("record.db");
            drop(open(&path));
            let values = if row.starts_with("image") {
                format!("({id}, 'a')")
            } else {
                format!("({id}, 'a', 'a', 'a', 1, '[]')")
            };
            Connection::open(&path).unwrap().execute_batch(&format!("INSERT INTO {row} {values}")).unwrap();
            let mut store = try_open(&path).unwrap();
            // Takes back nothing, so that the refusal is the record's.
            let error = store.restore(&mut Nothing).unwrap_err().to_string();
            assert!(error.contains("id") && error.contains("damaged"), "{row} {id}: {error}");
        }
    }
}

#[test]
fn containers_that_kimager_never_wrote_are_damage() {
    for containers in [
        "",
        "{}",
        "[[]]",
        r#"[["app", 0, 7, "nginx", null]]"#,
        r#"[["app", 0, 7, "an image that is not there", null, null]]"#,
        r#"[["app", 9, 1, "a kind that is not there", null, null]]"#,
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record.db");
        drop(open(&path));
        let rows = format!(
            "INSERT INTO image (id, reference) VALUES (1, 'a');
             INSERT INTO shape VALUES (1, 'a', 'a', 'a', 1, '{containers}')"
        );
        Connection::open(&path).unwrap().execute_batch(&rows).unwrap();
        let error = try_open(&path).unwrap().restore(&mut Nothing).unwrap_err().to_string();
        assert!(error.contains("containers") && error.contains("damaged"), "{containers}: {error}");
    }
}

struct Nothing;

impl Restore for Nothing {
    fn image(&mut self, _: ImageRow) {}
    fn shape(&mut self, _: &ShapeRow) {}
    fn pod(&mut self, _: PodRow) {}
}

#[test]
fn a_batch_that_cannot_be_stored_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.db");
    let (mut store, _) = open(&path);
    let full = "CREATE TEMP TRIGGER full BEFORE INSERT ON cursor BEGIN SELECT raise(ABORT, 'full'); END";
    store.connection.execute_batch(full).unwrap();
    let cursors = vec![Cursor { output: "lines", sequence: 7 }];
    let place = Place {
        scope: "all namespaces".into(),
        reference: "docker.io/library/nginx:latest".into(),
        digest: Some("sha256:00".into()),
        reported: None,
        namespace: "default".into(),
        workload: "Deployment/web".into(),
        container: "nginx".into(),
        kind: ContainerKind::App,
    };
    let change = UseChange { place, turn: Turn::Opened { active: true } };
    let uses = vec![DatedUse { at: Timestamp::UNIX_EPOCH, change }];
    let batch = Batch { uses, cursors, ..reached("42") };
    let error = store.commit(&batch).unwrap_err();
    assert!(matches!(error, RecordError::Commit { .. }), "{error}");
    let count = |store: &SqliteStore, table| -> u32 {
        store.connection.query_one(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    assert_eq!([count(&store, "checkpoint"), count(&store, "uses")], [0, 0]);
    store.connection.execute_batch("DROP TRIGGER full").unwrap();
    store.commit(&batch).unwrap();
    assert_eq!([count(&store, "checkpoint"), count(&store, "uses")], [1, 1]);
}

/// `docs/record.md` tells other programs of these.
#[test]
fn the_views_have_the_columns_that_are_documented() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(&folder.path().join("record.db"));
    let document = include_str!("../../../docs/record.md");
    let mut views = 0;
    for view in ["uses", "events", "sight"] {
        let row = document.lines().find(|line| line.starts_with(&format!("| `{view}` |"))).unwrap();
        let columns = row.rsplit(" | ").next().unwrap();
        let documented: Vec<&str> = columns.split('`').skip(1).step_by(2).collect();
        let select = store.connection.prepare(&format!("SELECT * FROM {view}")).unwrap();
        assert_eq!(documented, select.column_names().collect::<Vec<_>>(), "{view}");
        views += 1;
    }
    let all = "SELECT count(*) FROM sqlite_schema WHERE type = 'view'";
    let all: u32 = store.connection.query_one(all, [], |row| row.get(0)).unwrap();
    assert_eq!(all, views, "every view is documented");
}

#[test]
fn a_file_that_is_moved_or_replaced_takes_no_writes_until_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.db");
    let (mut store, _) = open(&path);
    store.commit(&reached("1")).unwrap();
    for file in ["record.db", "record.db.lock"] {
        let [file, moved] = [file, "moved"].map(|name| folder.path().join(name));
        fs::rename(&file, &moved).unwrap();
        let refused = |store: &mut SqliteStore| {
            let error = store.commit(&reached("2")).unwrap_err();
            assert!(matches!(error, RecordError::Gone { .. }), "{error}");
            assert!(error.to_string().contains("put it back"), "{error}");
        };
        refused(&mut store);
        fs::copy(&moved, &file).unwrap();
        refused(&mut store);
        fs::rename(&moved, &file).unwrap();
        store.commit(&reached("1")).unwrap();
    }
    store.commit(&reached("2")).unwrap();
}
