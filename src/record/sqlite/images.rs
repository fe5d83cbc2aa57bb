//! The tables of images.

use std::sync::Arc;

use rusqlite::{Connection, Result, Row, params};

use super::columns::{kind, number};
use super::names::{Ids, Texts};
use crate::inventory::Time;
use crate::inventory::change::{ImageChange, ImageId, ImageRow, Unused, User};

pub(super) fn apply<'batch>(
    connection: &Connection,
    ids: &mut Ids<'batch>,
    change: &'batch ImageChange,
) -> Result<()> {
    match change {
        ImageChange::Put(image) => put(connection, ids, image),
        ImageChange::Forget(ImageId(id)) => {
            connection.prepare_cached("DELETE FROM image WHERE id = ?1")?.execute([id])?;
            Ok(())
        }
    }
}

fn put<'batch>(connection: &Connection, ids: &mut Ids<'batch>, image: &'batch ImageRow) -> Result<()> {
    let ImageRow { id: ImageId(id), reference, spelling, digests, last_digest, unused } = image;
    let user = unused.as_ref().map(|unused| &*unused.user);
    let mut put = connection.prepare_cached(
        "INSERT INTO image VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
         ON CONFLICT DO UPDATE SET reference = ?2, spelling = ?3, last_digest = ?4,
             last_namespace = ?5, last_pod = ?6, last_workload = ?7, last_container = ?8,
             last_kind = ?9, last_scope = ?10, unused_since = ?11, awaits_list = ?12",
    )?;
    put.execute(params![
        id,
        ids.of(reference)?,
        ids.of_some(spelling.as_ref())?,
        ids.of_some(last_digest.as_ref())?,
        ids.of_some(user.map(|user| &user.namespace))?,
        user.map(|user| &user.pod),
        ids.of_some(user.map(|user| &user.workload))?,
        ids.of_some(user.map(|user| &user.container))?,
        user.map(|user| user.kind.word()),
        ids.of_some(unused.as_ref().map(|unused| &unused.scope))?,
        unused.as_ref().map(|unused| unused.since.0),
        unused.as_ref().map(|unused| unused.awaits_list),
    ])?;
    connection.prepare_cached("DELETE FROM image_digest WHERE image = ?1")?.execute([id])?;
    let mut insert = connection.prepare_cached("INSERT INTO image_digest VALUES (?1, ?2, ?3)")?;
    for (position, digest) in (0_i64..).zip(digests) {
        insert.execute(params![id, position, ids.of(digest)?])?;
    }
    Ok(())
}

/// Hands over every stored image.
pub(super) fn restore(
    connection: &Connection,
    texts: &mut Texts<'_>,
    mut into: impl FnMut(ImageRow),
) -> Result<()> {
    let mut images = connection.prepare("SELECT * FROM image")?;
    let mut digests_of =
        connection.prepare("SELECT digest FROM image_digest WHERE image = ?1 ORDER BY position")?;
    let mut rows = images.query([])?;
    while let Some(row) = rows.next()? {
        let id = number(row)?;
        let digests = digests_of.query_map([id], |row| row.get(0))?;
        let digests = digests.map(|digest| texts.of(digest?)).collect::<Result<_>>()?;
        into(ImageRow {
            id: ImageId(id),
            reference: texts.of(row.get("reference")?)?,
            spelling: texts.of_some(row.get("spelling")?)?,
            digests,
            last_digest: texts.of_some(row.get("last_digest")?)?,
            unused: unused(row, texts)?,
        });
    }
    Ok(())
}

fn unused(row: &Row<'_>, texts: &mut Texts<'_>) -> Result<Option<Unused>> {
    let Some(pod) = row.get("last_pod")? else { return Ok(None) };
    let user = User {
        namespace: texts.of(row.get("last_namespace")?)?,
        pod,
        workload: texts.of(row.get("last_workload")?)?,
        container: texts.of(row.get("last_container")?)?,
        kind: kind(row, "last_kind")?,
    };
    Ok(Some(Unused {
        user: Arc::new(user),
        since: Time(row.get("unused_since")?),
        scope: texts.of(row.get("last_scope")?)?,
        awaits_list: row.get("awaits_list")?,
    }))
}
