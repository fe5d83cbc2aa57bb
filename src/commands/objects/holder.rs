//! Objects that hold pods: pods themselves, and whatever a pod template stands in.

use serde_json::Value;

use crate::inventory::{Pod, Scope};
use crate::watch::wire::{PodReader, json};

/// Finds pods in objects, and tells what it could not read.
pub(in crate::commands) struct Finder {
    reader: PodReader,
    scopes: Vec<Scope>,
    /// Whether anything was found that holds pods, in scope or not.
    pub found_any: bool,
    /// The objects that hold pods but could not be read, and why.
    pub unreadable: Vec<String>,
}

impl Finder {
    pub(in crate::commands) fn new(reader: PodReader, scopes: &[Scope]) -> Self {
        Self { reader, scopes: scopes.to_vec(), found_any: false, unreadable: Vec::new() }
    }

    /// Gives the pods of an object to `take`. A template is one pod, named after its object and so
    /// like no real pod.
    pub(in crate::commands) fn find(
        &mut self,
        object: &Value,
        list: Option<&str>,
        take: &mut impl FnMut(Pod),
    ) {
        if let Some(items) = object.get("items").and_then(Value::as_array) {
            let list = object.get("kind").and_then(Value::as_str);
            for item in items {
                self.find(item, list, take);
            }
            return;
        }
        let mut specs = Vec::new();
        collect_specs(object, &mut specs);
        if specs.is_empty() {
            return;
        }
        self.found_any = true;
        let holder = Holder::of(object, list);
        if !self.scopes.iter().any(|scope| scope.proves_absence_in(holder.namespace)) {
            return;
        }
        let workload = holder.workload();
        let (namespace, shown) = (holder.namespace.to_owned(), format!("{}/{workload}", holder.namespace));
        let pod = if holder.kind == "Pod" && !holder.name.is_empty() {
            json::pod_from_value(object, &self.reader)
        } else {
            template(&specs, &namespace, &workload)
        };
        match pod {
            Ok(pod) => take(Pod { namespace: namespace.into(), ..pod }),
            Err(error) => self.unreadable.push(format!("{shown}: {error}")),
        }
    }
}

/// All templates of one object as one pod: they are one user.
fn template(specs: &[&Value], namespace: &str, workload: &str) -> Result<Pod, serde_json::Error> {
    let mut pods = specs
        .iter()
        .map(|&spec| json::pod_from_spec(spec, namespace, workload, workload))
        .collect::<Result<Vec<Pod>, _>>()?;
    let mut all = pods.remove(0);
    all.containers.extend(pods.into_iter().flat_map(|pod| pod.containers));
    Ok(all)
}

/// Every `PodSpec` in `value`: an object with containers that name images. What a status tells of
/// is no specification.
fn collect_specs<'v>(value: &'v Value, found: &mut Vec<&'v Value>) {
    match value {
        Value::Object(fields) => {
            let has_image = |container: &Value| container.get("image").is_some_and(Value::is_string);
            let containers = fields.get("containers").and_then(Value::as_array);
            if containers.is_some_and(|containers| containers.iter().any(has_image)) {
                found.push(value);
                return;
            }
            for (key, inner) in fields {
                if key != "status" && key != "metadata" {
                    collect_specs(inner, found);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_specs(item, found)),
        _ => {}
    }
}

/// What names an object.
struct Holder<'v> {
    kind: &'v str,
    group: Option<&'v str>,
    namespace: &'v str,
    name: &'v str,
    generate_name: &'v str,
}

impl<'v> Holder<'v> {
    /// The items of the API server's own lists do not repeat their kind.
    fn of(object: &'v Value, list: Option<&'v str>) -> Self {
        let text = |value: Option<&'v Value>| value.and_then(Value::as_str).unwrap_or_default();
        let metadata = object.get("metadata");
        let in_metadata = |key: &str| text(metadata.and_then(|metadata| metadata.get(key)));
        let is_bare_pod = object.get("spec").is_some_and(|spec| spec.get("containers").is_some());
        let kind = match text(object.get("kind")) {
            "" => match list.and_then(|list| list.strip_suffix("List")) {
                None | Some("") if is_bare_pod => "Pod",
                None | Some("") => "Object",
                Some(kind) => kind,
            },
            kind => kind,
        };
        let group = text(object.get("apiVersion")).split_once('/').map(|(group, _)| group);
        let namespace = match in_metadata("namespace") {
            "" => "default",
            namespace => namespace,
        };
        let (name, generate_name) = (in_metadata("name"), in_metadata("generateName"));
        Self {
            kind,
            group: group.filter(|group| !matches!(*group, "apps" | "batch")),
            namespace,
            name,
            generate_name,
        }
    }

    /// As the workload of a pod that this object controls is named.
    fn workload(&self) -> String {
        let group = self.group.map(|group| format!(".{group}")).unwrap_or_default();
        match (self.name, self.generate_name) {
            ("", "") => format!("{}{group}/-", self.kind),
            ("", generate_name) => format!("{}{group}/{generate_name}*", self.kind),
            (name, _) => format!("{}{group}/{name}", self.kind),
        }
    }
}
