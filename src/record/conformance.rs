//! What every implementation must do: of a store that keeps a record, and of a past that is asked
//! of it.

use std::path::Path;

use super::{Identity, Past, SqlitePast, SqliteStore, Store};

mod chance;
mod over_http;
mod past;
mod record;
mod store;

/// A way to keep a record, and one to ask it, each by a path that is the record's alone. `--record
/// memory` is no such way: it keeps nothing that could be asked.
struct Keeping {
    store: fn(&Path) -> Box<dyn Store>,
    past: fn(&Path) -> Box<dyn Past>,
}

const ASKABLE: [Keeping; 2] =
    [Keeping { store: sqlite, past: sqlite_past }, Keeping { store: sqlite, past: over_http::past }];

fn sqlite(path: &Path) -> Box<dyn Store> {
    let identity = Identity { cluster: "here".to_owned(), server: "f00d".to_owned() };
    Box::new(SqliteStore::create_or_open(path, &identity).unwrap())
}

fn sqlite_past(path: &Path) -> Box<dyn Past> {
    Box::new(SqlitePast::open(path).unwrap())
}
