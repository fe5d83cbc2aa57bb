//! The tables of images.

use std::sync::Arc;

use rusqlite::{Connection, Result, Row, params};

use super::columns::{KINDS, code, number, word};
use crate::inventory::Time;
use crate::inventory::change::{ImageChange, ImageId, ImageRow, Unused, User};

pub(super) fn apply(connection: &Connection, change: &ImageChange) -> Result<()> {
    match change {
        ImageChange::Put(image) => put(connection, image),
        ImageChange::Forget(ImageId(id)) => {
            connection.prepare_cached("DELETE FROM image WHERE id = ?1")?.execute([id])?;
            Ok(())
        }
    }
}

fn put(connection: &Connection, image: &ImageRow) -> Result<()> {
    let ImageRow { id: ImageId(id), reference, spelling, digests, last_digest, unused } = image;
    let unused = unused.as_ref();
    let user = unused.map(|unused| &*unused.user);
    let mut put = connection.prepare_cached(
        "INSERT INTO image VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
         ON CONFLICT DO UPDATE SET reference = ?2, spelling = ?3, last_digest = ?4,
             last_namespace = ?5, last_pod = ?6, last_workload = ?7, last_container = ?8,
             last_kind = ?9, last_scope = ?10, unused_since = ?11, awaits_list = ?12,
             unused_digest = ?13",
    )?;
    put.execute(params![
        id,
        reference,
        spelling,
        last_digest,
        user.map(|user| &user.namespace),
        user.map(|user| &user.pod),
        user.map(|user| &user.workload),
        user.map(|user| &user.container),
        user.map(|user| code(user.kind, &KINDS)),
        unused.map(|unused| &unused.scope),
        unused.map(|unused| unused.since.0),
        unused.map(|unused| unused.awaits_list),
        unused.and_then(|unused| unused.digest.as_ref()),
    ])?;
    connection.prepare_cached("DELETE FROM image_digest WHERE image = ?1")?.execute([id])?;
    let mut insert = connection.prepare_cached("INSERT INTO image_digest VALUES (?1, ?2, ?3)")?;
    for (position, digest) in (0_i64..).zip(digests) {
        insert.execute(params![id, position, digest])?;
    }
    Ok(())
}

/// Hands over every stored image.
pub(super) fn restore(connection: &Connection, mut into: impl FnMut(ImageRow)) -> Result<()> {
    let mut images = connection.prepare("SELECT * FROM image")?;
    let mut digests_of =
        connection.prepare("SELECT digest FROM image_digest WHERE image = ?1 ORDER BY position")?;
    let mut rows = images.query([])?;
    while let Some(row) = rows.next()? {
        let id = number(row)?;
        let digests = digests_of.query_map([id], |row| row.get(0))?.collect::<Result<_>>()?;
        into(ImageRow {
            id: ImageId(id),
            reference: row.get("reference")?,
            spelling: row.get("spelling")?,
            digests,
            last_digest: row.get("last_digest")?,
            unused: unused(row)?,
        });
    }
    Ok(())
}

fn unused(row: &Row<'_>) -> Result<Option<Unused>> {
    let Some(pod) = row.get("last_pod")? else { return Ok(None) };
    let user = User {
        namespace: row.get("last_namespace")?,
        pod,
        workload: row.get("last_workload")?,
        container: row.get("last_container")?,
        kind: word(row, "last_kind", &KINDS)?,
    };
    Ok(Some(Unused {
        user: Arc::new(user),
        digest: row.get("unused_digest")?,
        since: Time(row.get("unused_since")?),
        scope: row.get("last_scope")?,
        awaits_list: row.get("awaits_list")?,
    }))
}
