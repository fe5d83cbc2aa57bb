//! All that a cluster holds, for telling what is left of something.

use std::collections::BTreeSet;

use serde_json::Value;

use super::helm::{Plane, items, text};

/// Types whose objects come and go without anybody's doing, and why.
const LEFT_OUT: [(&str, &str); 3] = [
    ("events", "what happened, which the server forgets by itself after an hour"),
    ("leases", "by which the programs of the control plane show that they live"),
    ("componentstatuses", "no objects, but what the server finds when it is asked"),
];

/// An object's type, the namespace to which it belongs, and its name.
pub(super) type Object = (String, String, String);

impl Plane {
    /// Every object of every type that can be listed, namespaced or not, without those of the
    /// namespaces of other tests, which run meanwhile.
    #[track_caller]
    pub(super) fn objects(&self, own_namespaces: &[&str]) -> BTreeSet<Object> {
        let mut objects = BTreeSet::new();
        for (kind, path) in self.listable() {
            for item in items(self.object(&path)) {
                objects.insert((
                    kind.clone(),
                    namespace_of(&item).to_owned(),
                    text(&item["metadata"]["name"]).to_owned(),
                ));
            }
        }
        let mut others = self.claimed();
        others.retain(|namespace| !own_namespaces.contains(&&**namespace));
        // What belongs to no namespace and is the chart's is named after one.
        let is_others = |(_, namespace, name): &Object| {
            let before_colon = name.split(':').next().unwrap_or_default();
            others.contains(namespace) || namespace.is_empty() && others.contains(before_colon)
        };
        objects.retain(|object| !is_others(object));
        objects
    }

    /// The types that can be listed, and where.
    fn listable(&self) -> Vec<(String, String)> {
        let groups = self.object("/apis");
        let groups = groups["groups"].as_array().expect("groups");
        let versions =
            groups.iter().map(|group| format!("/apis/{}", text(&group["preferredVersion"]["groupVersion"])));
        let mut listable = Vec::new();
        for version in std::iter::once("/api/v1".to_owned()).chain(versions) {
            for resource in self.object(&version)["resources"].as_array().expect("resources") {
                let name = text(&resource["name"]);
                let can_list =
                    resource["verbs"].as_array().is_some_and(|verbs| verbs.iter().any(|verb| verb == "list"));
                let is_left_out = LEFT_OUT.iter().any(|(left_out, _)| *left_out == name);
                if can_list && !is_left_out {
                    listable.push((name.to_owned(), format!("{version}/{name}")));
                }
            }
        }
        listable
    }
}

/// An object's namespace, or that of what it stands for: an IP address belongs to a Service.
fn namespace_of(object: &Value) -> &str {
    let owner = &object["spec"]["parentRef"];
    object["metadata"]["namespace"].as_str().or_else(|| owner["namespace"].as_str()).unwrap_or_default()
}
