//! One list of the pods of a cluster.

use anyhow::{Context as _, bail};
use http::Request;
use http_body_util::BodyExt as _;
use kube_client::Client;
use kube_client::client::Body;

use crate::inventory::{Cause, Inventory, PodEvent, Scope, ScopeId};
use crate::watch::wire::{Encoding, ListDecoder, ListItem, PodReader, Status};

/// Lists every scope once, in pages.
pub(super) async fn list_once(
    client: &Client,
    scopes: &[Scope],
    workload_labels: &[String],
) -> anyhow::Result<Inventory> {
    let reader = PodReader::new(workload_labels.iter().map(|label| label.as_str().into()));
    let mut inventory = Inventory::default();
    for scope in scopes {
        let id = inventory.scope(scope);
        inventory.apply(PodEvent::Init(id, Cause::Start));
        let mut next = None;
        loop {
            next = page(client, scope, next.as_deref(), &reader, (&mut inventory, id)).await?;
            if next.is_none() {
                break;
            }
        }
        inventory.apply(PodEvent::InitDone { scope: id, sweep: true });
    }
    Ok(inventory)
}

async fn page(
    client: &Client,
    scope: &Scope,
    next: Option<&str>,
    reader: &PodReader,
    (inventory, id): (&mut Inventory, ScopeId),
) -> anyhow::Result<Option<String>> {
    let path = scope.namespace.as_ref().map(|name| format!("namespaces/{name}/")).unwrap_or_default();
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("limit", "500");
    query.extend_pairs(next.map(|token| ("continue", token)));
    query.extend_pairs(scope.field_selector().map(|selector| ("fieldSelector", selector)));
    query.extend_pairs(scope.selector.as_ref().map(|selector| ("labelSelector", selector)));
    let uri = format!("/api/v1/{path}pods?{}", query.finish());
    let request = Request::get(uri).header("Accept", "application/json").body(Body::empty())?;
    let mut answer = client.send(request).await.context("no answer")?;
    let code = answer.status().as_u16();
    if code != 200 {
        bail!("{}", Status::decode(code, &answer.collect().await?.to_bytes()));
    }
    let mut decoder = ListDecoder::new(Encoding::Json, reader);
    while let Some(frame) = answer.frame().await {
        if let Ok(data) = frame?.into_data() {
            decoder.push(data);
        }
        while let Some(item) = decoder.next()? {
            if let ListItem::Pod(pod) = item {
                inventory.apply(PodEvent::Apply(id, pod));
            }
        }
    }
    Ok(decoder.finish()?.continue_token)
}
