//! The tables of shapes and pods.

use rusqlite::{Connection, Error, Result, params};

use super::columns::{damaged, kind, number};
use super::names::{Ids, Texts};
use crate::inventory::change::{ImageId, Lagging, PodChange, PodRow, ShapeContainer, ShapeId, ShapeRow};
use crate::inventory::pod::Uid;

pub(super) fn apply<'batch>(
    connection: &Connection,
    ids: &mut Ids<'batch>,
    change: &'batch PodChange,
) -> Result<()> {
    match change {
        PodChange::Shape(shape) => put_shape(connection, ids, shape),
        PodChange::Put(pod) => put_pod(connection, ids, pod),
        PodChange::Gone { namespace, name, uid: Uid(uid) } => {
            let mut delete = connection
                .prepare_cached("DELETE FROM pod WHERE namespace = ?1 AND name = ?2 AND uid = ?3")?;
            delete.execute(params![ids.of(namespace)?, name, uid])?;
            Ok(())
        }
        PodChange::ShapeGone(ShapeId(id)) => delete_shape(connection, *id),
    }
}

fn delete_shape(connection: &Connection, id: u32) -> Result<()> {
    connection.prepare_cached("DELETE FROM shape WHERE id = ?1")?.execute([id])?;
    Ok(())
}

fn put_shape<'batch>(connection: &Connection, ids: &mut Ids<'batch>, shape: &'batch ShapeRow) -> Result<()> {
    let ShapeRow { id: ShapeId(id), scope, namespace, workload, active, containers } = shape;
    delete_shape(connection, *id)?;
    connection.prepare_cached("INSERT INTO shape VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(params![
        id,
        ids.of(scope)?,
        ids.of(namespace)?,
        ids.of(workload)?,
        active
    ])?;
    let mut insert =
        connection.prepare_cached("INSERT INTO shape_container VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?;
    for (position, container) in (0_i64..).zip(containers) {
        // The reference is the image's.
        let ShapeContainer { name, kind, image: ImageId(image), reference: _, spelling, digest, reported } =
            container;
        insert.execute(params![
            id,
            position,
            ids.of(name)?,
            kind.word(),
            image,
            ids.of(spelling)?,
            ids.of_some(digest.as_ref())?,
            ids.of_some(reported.as_ref())?,
        ])?;
    }
    Ok(())
}

fn put_pod<'batch>(connection: &Connection, ids: &mut Ids<'batch>, pod: &'batch PodRow) -> Result<()> {
    let PodRow { namespace, name, uid: Uid(uid), shape: ShapeId(shape), lagging } = pod;
    let mut put = connection.prepare_cached("INSERT OR REPLACE INTO pod VALUES (?1, ?2, ?3, ?4, ?5)")?;
    put.execute(params![ids.of(namespace)?, name, uid, shape, lagging_text(lagging)?])?;
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
                name: texts.of(part.get(0)?)?,
                kind: kind(part, "kind")?,
                image: ImageId(part.get(2)?),
                reference: texts.of(part.get(3)?)?,
                spelling: texts.of(part.get(4)?)?,
                digest: texts.of_some(part.get(5)?)?,
                reported: texts.of_some(part.get(6)?)?,
            });
        }
        into(&ShapeRow {
            id: ShapeId(id),
            scope: texts.of(row.get(1)?)?,
            namespace: texts.of(row.get(2)?)?,
            workload: texts.of(row.get(3)?)?,
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
            namespace: texts.of(row.get(0)?)?,
            name: row.get(1)?,
            uid: Uid(row.get(2)?),
            shape: ShapeId(shape),
            lagging: lagging_of(row.get_ref(4)?.as_str_or_null()?)?,
        });
    }
    Ok(())
}
