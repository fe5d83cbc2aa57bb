//! The tables of shapes and pods.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{Connection, Error, Result, params};
use serde::Serialize;

use super::columns::{KINDS, code, damaged, number, word_of};
use super::ids::Texts;
use crate::inventory::change::{ImageId, Lagging, PodChange, PodRow, ShapeContainer, ShapeId, ShapeRow};
use crate::inventory::pod::Uid;

pub(super) fn apply(connection: &Connection, change: &PodChange) -> Result<()> {
    match change {
        PodChange::Shape(shape) => put_shape(connection, shape),
        PodChange::Put { row, was: _ } => put_pod(connection, row),
        PodChange::Gone { namespace, name, uid: Uid(uid), was: _ } => {
            let mut delete = connection
                .prepare_cached("DELETE FROM pod WHERE namespace = ?1 AND name = ?2 AND uid = ?3")?;
            delete.execute(params![namespace, name, uid])?;
            Ok(())
        }
        PodChange::ShapeGone(ShapeId(id)) => {
            connection.prepare_cached("DELETE FROM shape WHERE id = ?1")?.execute([id])?;
            Ok(())
        }
    }
}

fn put_shape(connection: &Connection, shape: &ShapeRow) -> Result<()> {
    let ShapeRow { id: ShapeId(id), scope, namespace, workload, active, containers } = shape;
    connection
        .prepare_cached("INSERT OR REPLACE INTO shape VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![id, scope, namespace, workload, active, containers_text(containers)?])?;
    Ok(())
}

/// A container of a shape as it is stored: its name, the code of its kind, the number of its image,
/// the spelling, the digest and the repository that the runtime tells. The reference is the image's.
type StoredContainer<'a> = (Cow<'a, str>, i64, u32, Cow<'a, str>, Option<Cow<'a, str>>, Option<Cow<'a, str>>);

/// The containers of a shape go as one text: in a table of their own each would be a row and more to
/// write, and nobody asks for one of them.
fn containers_text(containers: &[ShapeContainer]) -> Result<String> {
    let stored = containers.iter().map(|container| -> StoredContainer<'_> {
        let ShapeContainer { name, kind, image: ImageId(image), reference: _, spelling, digest, reported } =
            container;
        (
            Cow::Borrowed(name),
            code(*kind, &KINDS),
            *image,
            Cow::Borrowed(spelling),
            digest.as_deref().map(Cow::Borrowed),
            reported.as_deref().map(Cow::Borrowed),
        )
    });
    to_json(&stored.collect::<Vec<_>>())
}

fn put_pod(connection: &Connection, pod: &PodRow) -> Result<()> {
    let PodRow { namespace, name, uid: Uid(uid), shape: ShapeId(shape), lagging } = pod;
    connection.prepare_cached("INSERT OR REPLACE INTO pod VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(params![
        namespace,
        name,
        uid,
        shape,
        lagging_text(lagging)?
    ])?;
    Ok(())
}

/// Lagging containers are rare and go as one text: `[["container", "containerID"], …]`.
fn lagging_text(lagging: &[Lagging]) -> Result<Option<String>> {
    if lagging.is_empty() {
        return Ok(None);
    }
    let pairs: Vec<_> = lagging.iter().map(|one| (&one.container, &one.container_id)).collect();
    to_json(&pairs).map(Some)
}

fn to_json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::ToSqlConversionFailure(e.into()))
}

fn lagging_of(text: Option<&str>) -> Result<Vec<Lagging>> {
    let Some(text) = text else { return Ok(Vec::new()) };
    let pairs: Vec<(Box<str>, Box<str>)> =
        serde_json::from_str(text).map_err(|_| damaged("lagging", text))?;
    Ok(pairs.into_iter().map(|(container, container_id)| Lagging { container, container_id }).collect())
}

/// Hands over every stored shape.
pub(super) fn restore_shapes(
    connection: &Connection,
    texts: &mut Texts<'_>,
    mut into: impl FnMut(&ShapeRow),
) -> Result<()> {
    let mut images = connection.prepare("SELECT id, reference FROM image")?;
    let images = images.query_map([], |row| Ok((row.get(0)?, texts.word(row.get(1)?))))?;
    let references: HashMap<u32, Arc<str>> = images.collect::<Result<_>>()?;
    let mut shapes =
        connection.prepare("SELECT id, scope, namespace, workload, active, containers FROM shape")?;
    let mut rows = shapes.query([])?;
    while let Some(row) = rows.next()? {
        let text = row.get_ref(5)?.as_str()?;
        let stored: Vec<StoredContainer<'_>> =
            serde_json::from_str(text).map_err(|_| damaged("containers", text))?;
        let containers = stored.into_iter().map(|(name, kind, image, spelling, digest, reported)| {
            let mut word = |text: Cow<'_, str>| texts.word(text.into());
            // No foreign key watches over this one.
            let reference = references.get(&image).ok_or_else(|| damaged("containers", text))?;
            Ok(ShapeContainer {
                name: word(name),
                kind: word_of("containers", kind, &KINDS)?,
                image: ImageId(image),
                reference: Arc::clone(reference),
                spelling: word(spelling),
                digest: digest.map(&mut word),
                reported: reported.map(&mut word),
            })
        });
        let containers = containers.collect::<Result<_>>()?;
        into(&ShapeRow {
            id: ShapeId(number(row)?),
            scope: texts.word(row.get(1)?),
            namespace: texts.word(row.get(2)?),
            workload: texts.word(row.get(3)?),
            active: row.get(4)?,
            containers,
        });
    }
    Ok(())
}

/// Hands over every stored pod.
pub(super) fn restore_pods(
    connection: &Connection,
    texts: &mut Texts<'_>,
    mut into: impl FnMut(PodRow),
) -> Result<()> {
    let mut pods = connection.prepare(
        "SELECT pod.namespace, name, uid, shape, lagging, shape.id
         FROM pod LEFT JOIN shape ON shape.id = shape",
    )?;
    let mut rows = pods.query([])?;
    while let Some(row) = rows.next()? {
        // No foreign key watches over this one.
        let Some(shape) = row.get(5)? else {
            return Err(damaged("shape", "a number that no shape has"));
        };
        into(PodRow {
            namespace: texts.word(row.get(0)?),
            name: row.get(1)?,
            uid: Uid(row.get(2)?),
            shape: ShapeId(shape),
            lagging: lagging_of(row.get_ref(4)?.as_str_or_null()?)?,
        });
    }
    Ok(())
}
