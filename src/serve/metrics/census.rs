//! What holds at the moment of a scrape: how the recorder is, and what a census of the inventory comes to.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet};
use prometheus_client::metrics::MetricType;

use crate::inventory::census::{Counted, Named, OTHERS};
use crate::lines::{escape, escape_prose};
use crate::recorder::Health;
use crate::serve::Told;

/// Reads what was told last.
#[derive(Debug)]
pub(super) struct Now(pub(super) Told);

impl Collector for Now {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Told { health, figures, record: _ } = &self.0;
        let health = health.borrow().clone();
        encode_health(&mut encoder, &health)?;
        encode_counted(&mut encoder, &figures.counted())
    }
}

fn encode_health(encoder: &mut DescriptorEncoder<'_>, health: &Health) -> fmt::Result {
    let ready = [((), u64::from(health.is_whole()))];
    gauges(encoder, "kimager_ready", "Whether all is seen and kept, as /readyz says.", ready)?;
    let in_sight = health
        .scopes
        .iter()
        .map(|(scope, is_seen)| ([("scope", escape_prose(scope).to_string())], u64::from(*is_seen)));
    let help = "Whether what happens in a scope is seen as it happens.";
    gauges(encoder, "kimager_watch_in_sight", help, in_sight)
}

fn encode_counted(encoder: &mut DescriptorEncoder<'_>, counted: &Counted) -> fmt::Result {
    let Counted { pods, images, registries, namespaces, image_pods } = counted;
    gauges(encoder, "kimager_pods", "Pods that are known in the scopes that are watched.", [((), *pods)])?;
    gauges(encoder, "kimager_images_in_use", "Images that these pods use.", [((), *images)])?;
    let help = "Images in use from a registry; \"*\" has those of all other registries, and of none.";
    gauges(encoder, "kimager_registry_images_in_use", help, each("registry", registries))?;
    let help = "Images in use in a namespace; \"*\" is the sum of all other namespaces.";
    gauges(encoder, "kimager_namespace_images_in_use", help, each("namespace", namespaces))?;
    if image_pods.each.is_empty() {
        return Ok(());
    }
    let help = "Pods that use an image; \"*\" is the sum of all other images.";
    gauges(encoder, "kimager_image_pods", help, each("image", image_pods))
}

/// A series for each name that is told, as lines write it, and one for all others if there are any.
fn each<'a>(
    label: &'static str,
    named: &'a Named,
) -> impl Iterator<Item = ([(&'static str, String); 1], u64)> + 'a {
    let others = (named.others > 0).then(|| (OTHERS.to_owned(), named.others));
    let told = named.each.iter().map(|(name, count)| (escape(name).to_string(), *count));
    told.chain(others).map(move |(name, count)| ([(label, name)], count))
}

fn gauges<L: Labels>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    series: impl IntoIterator<Item = (L, u64)>,
) -> fmt::Result {
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for (labels, value) in series {
        match labels.set() {
            Some(labels) => family.encode_family(&labels)?.encode_gauge(&value)?,
            None => family.encode_gauge(&value)?,
        }
    }
    Ok(())
}

/// The labels of a series, if it has any.
trait Labels {
    fn set(self) -> Option<impl EncodeLabelSet>;
}

impl Labels for () {
    fn set(self) -> Option<impl EncodeLabelSet> {
        None::<[(&str, &str); 1]>
    }
}

impl Labels for [(&'static str, String); 1] {
    fn set(self) -> Option<impl EncodeLabelSet> {
        Some(self)
    }
}
