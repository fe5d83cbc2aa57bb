//! A record in a file, asked.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, Params, Result, Row, params};

use super::columns::{digests_from, stored, time_of, time_or_none};
use super::ids::{Place, Texts};
use super::{events, file, schema, sight};
use crate::record::entry::Entry;
use crate::record::error::RecordError;
use crate::record::past::{About, Active, Hint, Past, Sight, Span, Use};

/// After every text that begins with the same characters.
const LAST: char = char::MAX;

/// Whether an interval touches the span from the second parameter to the third.
const TOUCHES: &str = "opened <= ?3 AND (closed IS NULL OR closed >= ?2)";

/// The beginning of a text that names a sha256.
const SHA256: &str = "sha256:";

/// A record in a file, for reading: as it was when it was first asked, whatever is written meanwhile.
pub struct SqlitePast {
    path: PathBuf,
    connection: Connection,
}

impl SqlitePast {
    /// Opens the record at `path`, which another process may be writing.
    ///
    /// # Errors
    /// Where there is no such file, no right to read it, another program's file or a newer schema.
    pub fn open(path: &Path) -> std::result::Result<Self, RecordError> {
        file::refuse_unreadable(path)?;
        let failed = |cause| RecordError::Ask { path: path.to_owned(), cause };
        let connection = file::connect_for_reading(path).map_err(failed)?;
        let found = schema::version(&connection).map_err(failed)?;
        if found > schema::VERSION {
            return Err(RecordError::Newer { path: path.to_owned(), found, known: schema::VERSION });
        }
        if found == 0 {
            return Err(RecordError::Foreign { path: path.to_owned(), found: "an empty database" });
        }
        connection.execute_batch("BEGIN").map_err(failed)?;
        Ok(Self { path: path.to_owned(), connection })
    }

    fn failed(&self) -> impl FnOnce(rusqlite::Error) -> RecordError {
        let path = self.path.clone();
        move |cause| RecordError::Ask { path, cause }
    }

    fn read_about(&self) -> Result<About> {
        self.connection.query_one("SELECT id, cluster, pruned_until, coarse_until FROM record", [], |row| {
            Ok(About {
                record: row.get("id")?,
                cluster: row.get("cluster")?,
                pruned_until: time_or_none(row, "pruned_until")?,
                coarse_until: time_or_none(row, "coarse_until")?,
            })
        })
    }

    fn read_uses(&self, during: Span, hints: &[Hint], take: &mut dyn FnMut(Use)) -> Result<()> {
        let (from, until) = (stored(during.from), stored(during.until));
        let mut rows = Rows::new(&self.connection);
        let mut take = |one| {
            take(one);
            ControlFlow::Continue(())
        };
        if hints.is_empty() {
            rows.hand_over("closed IS NULL AND opened <= ?1", params![until], &mut take)?;
            return rows.hand_over(
                "closed IS NOT NULL AND closed >= ?1 AND opened <= ?2",
                params![from, until],
                &mut take,
            );
        }
        let references = self.references(hints)?;
        for reference in &references {
            let condition = format!("reference = ?1 AND {TOUCHES}");
            rows.hand_over(&condition, params![reference, from, until], &mut take)?;
        }
        for digest in self.digests(hints)? {
            let mut rest = |(reference, one)| {
                if !references.contains(&reference) {
                    let _ = take(one);
                }
                ControlFlow::Continue(())
            };
            let condition = format!("digest = ?1 AND {TOUCHES}");
            rows.hand_over_with_reference(&condition, params![digest, from, until], &mut rest)?;
        }
        Ok(())
    }

    fn read_events(&self, during: Span, hints: &[Hint], take: &mut dyn FnMut(Entry)) -> Result<()> {
        let record: Arc<str> = self.connection.query_one("SELECT id FROM record", [], |row| row.get(0))?;
        let span = [stored(during.from), stored(during.until)];
        let mut texts = Texts::new(&self.connection);
        if hints.is_empty() {
            // In their order without sorting them: the clock may have jumped, but seldom far.
            let mut select = self.connection.prepare_cached(
                "SELECT * FROM event
                 WHERE sequence >= (SELECT min(sequence) FROM event WHERE observed BETWEEN ?1 AND ?2)
                     AND sequence <= (SELECT max(sequence) FROM event WHERE observed BETWEEN ?1 AND ?2)
                     AND +observed BETWEEN ?1 AND ?2
                 ORDER BY sequence",
            )?;
            let mut rows = select.query(span)?;
            while let Some(row) = rows.next()? {
                take(events::entry(row, &record, &mut texts)?);
            }
            return Ok(());
        }
        let mut references = self.references(hints)?;
        for digest in self.digests(hints)? {
            let mut select =
                self.connection.prepare_cached("SELECT reference FROM use_interval WHERE digest = ?1")?;
            for reference in select.query_map([digest], |row| row.get(0))? {
                references.insert(reference?);
            }
        }
        let mut select = self
            .connection
            .prepare_cached("SELECT * FROM event WHERE reference = ?1 AND observed BETWEEN ?2 AND ?3")?;
        let mut entries = Vec::new();
        for reference in references {
            let mut rows = select.query(params![reference, span[0], span[1]])?;
            while let Some(row) = rows.next()? {
                entries.push(events::entry(row, &record, &mut texts)?);
            }
        }
        entries.sort_by_key(|entry| entry.id.sequence);
        entries.into_iter().for_each(take);
        Ok(())
    }

    fn read_latest(&self, versions: usize, take: &mut dyn FnMut(Use)) -> Result<()> {
        let mut rows = Rows::new(&self.connection);
        let mut places = self.connection.prepare("SELECT id FROM place")?;
        for place in places.query_map([], |row| row.get::<_, i64>(0))? {
            let place = place?;
            let mut different = BTreeSet::new();
            let mut count = |one: Use| {
                different.insert((Arc::clone(&one.reference), one.digest.clone()));
                if different.len() > versions {
                    return ControlFlow::Break(());
                }
                take(one);
                ControlFlow::Continue(())
            };
            rows.hand_over("closed IS NULL AND place = ?1 ORDER BY opened DESC", [place], &mut count)?;
            rows.hand_over(
                "closed IS NOT NULL AND place = ?1 ORDER BY closed DESC, use_interval.id DESC",
                [place],
                &mut count,
            )?;
        }
        Ok(())
    }

    /// The references that one of the hints means; a digest also where a reference names it.
    fn references(&self, hints: &[Hint]) -> Result<BTreeSet<i64>> {
        let mut found = BTreeSet::new();
        for hint in hints {
            let (select, columns) = match hint {
                Hint::Reference(start) => (
                    "SELECT id FROM reference WHERE text >= ?1 AND text < ?2",
                    vec![start.to_string(), format!("{start}{LAST}")],
                ),
                Hint::Digest(start) => (
                    "SELECT id FROM reference WHERE instr(lower(text), ?1) > 0",
                    vec![format!("@{}", start.to_ascii_lowercase())],
                ),
            };
            let mut select = self.connection.prepare_cached(select)?;
            for id in select.query_map(rusqlite::params_from_iter(columns), |row| row.get(0))? {
                found.insert(id?);
            }
        }
        Ok(found)
    }

    /// The digests that one of the hints means.
    fn digests(&self, hints: &[Hint]) -> Result<Vec<i64>> {
        let mut found = Vec::new();
        for hint in hints {
            let Hint::Digest(start) = hint else { continue };
            let start = start.to_ascii_lowercase();
            // Few digests are stored as text: those of other algorithms, or with capital letters. Blobs
            // come after all texts.
            let mut select = self
                .connection
                .prepare_cached("SELECT id FROM digest WHERE value < x'' AND instr(lower(value), ?1) = 1")?;
            for id in select.query_map([&start], |row| row.get(0))? {
                found.push(id?);
            }
            if let Some((first, end)) = start.strip_prefix(SHA256).and_then(digests_from) {
                // What is longer comes after its own beginning.
                let end = end.unwrap_or_else(|| vec![u8::MAX; 33]);
                let mut select = self
                    .connection
                    .prepare_cached("SELECT id FROM digest WHERE value >= ?1 AND value < ?2")?;
                for id in select.query_map([first, end], |row| row.get(0))? {
                    found.push(id?);
                }
            }
        }
        Ok(found)
    }
}

impl Past for SqlitePast {
    fn about(&self) -> std::result::Result<About, RecordError> {
        self.read_about().map_err(self.failed())
    }

    fn sight(&self) -> std::result::Result<Sight, RecordError> {
        sight::read(&self.connection).map_err(self.failed())
    }

    fn uses(
        &self,
        during: Span,
        hints: &[Hint],
        take: &mut dyn FnMut(Use),
    ) -> std::result::Result<(), RecordError> {
        self.read_uses(during, hints, take).map_err(self.failed())
    }

    fn events(
        &self,
        during: Span,
        hints: &[Hint],
        take: &mut dyn FnMut(Entry),
    ) -> std::result::Result<(), RecordError> {
        self.read_events(during, hints, take).map_err(self.failed())
    }

    fn latest(&self, versions: usize, take: &mut dyn FnMut(Use)) -> std::result::Result<(), RecordError> {
        self.read_latest(versions, take).map_err(self.failed())
    }
}

impl fmt::Debug for SqlitePast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlitePast").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Rows of the table of use intervals, told by their texts.
struct Rows<'record> {
    connection: &'record Connection,
    texts: Texts<'record>,
}

impl<'record> Rows<'record> {
    fn new(connection: &'record Connection) -> Self {
        Self { connection, texts: Texts::new(connection) }
    }

    /// Hands over the rows that satisfy the condition, until one is refused.
    fn hand_over(
        &mut self,
        condition: &str,
        columns: impl Params,
        take: &mut dyn FnMut(Use) -> ControlFlow<()>,
    ) -> Result<()> {
        self.hand_over_with_reference(condition, columns, &mut |(_, one)| take(one))
    }

    /// [`hand_over`](Self::hand_over), with the id of each row's reference.
    fn hand_over_with_reference(
        &mut self,
        condition: &str,
        columns: impl Params,
        take: &mut dyn FnMut((i64, Use)) -> ControlFlow<()>,
    ) -> Result<()> {
        // By place in the list: to look for a column by its name in each row takes as long as to read it.
        let mut select = self.connection.prepare_cached(&format!(
            "SELECT place, reference, digest, reported, opened, closed, active, last_active, runs,
                 reference.text, digest.value
             FROM use_interval
             LEFT JOIN reference ON reference.id = use_interval.reference
             LEFT JOIN digest ON digest.id = use_interval.digest
             WHERE {condition}"
        ))?;
        let mut rows = select.query(columns)?;
        while let Some(row) = rows.next()? {
            if take(self.told(row)?).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn told(&mut self, row: &Row<'_>) -> Result<(i64, Use)> {
        let (place, reference, digest, reported, opened, closed): (_, i64, _, _, _, Option<i64>) =
            row.try_into()?;
        let active = match (row.get(6)?, row.get(7)?) {
            (true, _) => Active::Still,
            (false, Some(last)) => Active::Until(time_of("last_active", last)?),
            (false, None) => Active::Never,
        };
        let Place { namespace, workload, container, kind, scope } = self.texts.place(place)?.clone();
        let told = Use {
            reference: self.texts.joined_reference(reference, row.get_ref(9)?)?,
            digest: self.texts.joined_digest(digest, row.get_ref(10)?)?,
            reported,
            scope,
            namespace,
            workload,
            container,
            kind,
            opened: time_of("opened", opened)?,
            closed: closed.map(|closed| time_of("closed", closed)).transpose()?,
            active,
            runs: row.get(8)?,
        };
        Ok((reference, told))
    }
}
