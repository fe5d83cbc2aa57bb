//! The tables of shapes and pods.

use rusqlite::{Connection, Error, Result, params};

use super::columns::{KINDS, code, damaged, number, word};
use super::ids::Texts;
use crate::inventory::change::{ImageId, Lagging, PodChange, PodRow, ShapeContainer, ShapeId, ShapeRow};
use crate::inventory::pod::Uid;

pub(super) fn apply(connection: &Connection, change: &PodChange) -> Result<()> {
    match change {
        PodChange::Shape(shape) => put_shape(connection, shape),
        PodChange::Put(pod) => put_pod(connection, pod),
        PodChange::Gone { namespace, name, uid: Uid(uid) } => {
            let mut delete = connection
                .prepare_cached("DELETE FROM pod WHERE namespace = ?1 AND name = ?2 AND uid = ?3")?;
            delete.execute(params![namespace, name, uid])?;
            Ok(())
        }
        PodChange::ShapeGone(ShapeId(id)) => delete_shape(connection, *id),
    }
}

fn delete_shape(connection: &Connection, id: u32) -> Result<()> {
    connection.prepare_cached("DELETE FROM shape WHERE id = ?1")?.execute([id])?;
    Ok(())
}

fn put_shape(connection: &Connection, shape: &ShapeRow) -> Result<()> {
    let ShapeRow { id: ShapeId(id), scope, namespace, workload, active, containers } = shape;
    delete_shape(connection, *id)?;
    connection
        .prepare_cached("INSERT INTO shape VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![id, scope, namespace, workload, active])?;
    let mut insert =
        connection.prepare_cached("INSERT INTO shape_container VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?;
    for (position, container) in (0_i64..).zip(containers) {
        let ShapeContainer { name, kind, image: ImageId(image), reference: _, spelling, digest, reported } =
            container; // The reference is the image's.
        let kind = code(*kind, &KINDS);
        insert.execute(params![id, position, name, kind, image, spelling, digest, reported])?;
    }
    Ok(())
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
    serde_json::to_string(&pairs).map(Some).map_err(|e| Error::ToSqlConversionFailure(e.into()))
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
    let mut shapes = connection.prepare("SELECT id, scope, namespace, workload, active FROM shape")?;
    let mut containers_of = connection.prepare(
        "SELECT container, kind, image, reference, shape_container.spelling, digest, reported
         FROM shape_container JOIN image ON image.id = image WHERE shape = ?1 ORDER BY position",
    )?;
    let mut rows = shapes.query([])?;
    while let Some(row) = rows.next()? {
        let id = number(row)?;
        let mut containers = Vec::new();
        let mut parts = containers_of.query([id])?;
        while let Some(part) = parts.next()? {
            containers.push(ShapeContainer {
                name: texts.word(part.get(0)?),
                kind: word(part, "kind", &KINDS)?,
                image: ImageId(part.get(2)?),
                reference: texts.word(part.get(3)?),
                spelling: texts.word(part.get(4)?),
                digest: part.get(5)?,
                reported: part.get(6)?,
            });
        }
        into(&ShapeRow {
            id: ShapeId(id),
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
