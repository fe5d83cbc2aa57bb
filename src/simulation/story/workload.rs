//! What the cluster is to run.

use crate::simulation::pod::Container;

/// Something that makes pods.
#[derive(Clone, Debug)]
pub(super) struct Workload {
    pub(super) kind: Kind,
    pub(super) namespace: &'static str,
    pub(super) name: &'static str,
    pub(super) containers: Vec<Container>,
    /// How often `kubectl rollout restart` was said.
    pub(super) restarts: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Deployment {
        replicas: usize,
    },
    /// One replica, named `NAME-0`.
    StatefulSet,
    /// A pod on each node.
    DaemonSet,
    /// On the first node, by the kubelet's own files.
    StaticPod,
    /// A job each minute; the pod of the last one that is done is kept.
    CronJob {
        is_suspended: bool,
        last_minute: i64,
    },
    /// A pod of nobody: a scene creates it, and when it is lost it is not made again.
    Bare,
}

impl Workload {
    /// `NAMESPACE/NAME`, as scenes name it.
    pub(super) fn is(&self, path: &str) -> bool {
        path.split_once('/') == Some((self.namespace, self.name))
    }
}

/// The same image with the second number of its tag one higher: `web:1.4.0` gives `web:1.5.0`.
pub(super) fn next_release(image: &str) -> String {
    let bumped = || {
        let (name, tag) = image.rsplit_once(':')?;
        let mut numbers = tag.splitn(3, '.');
        let (major, minor, rest) = (numbers.next()?, numbers.next()?, numbers.next());
        let minor = minor.parse::<u32>().ok()? + 1;
        let rest = rest.map_or(String::new(), |rest| format!(".{rest}"));
        Some(format!("{name}:{major}.{minor}{rest}"))
    };
    bumped().unwrap_or_else(|| image.to_owned())
}

/// The tag of an image, for people.
pub(super) fn tag(image: &str) -> &str {
    image.rsplit_once(':').map_or(image, |(_, tag)| tag)
}

#[cfg(test)]
mod tests {
    use super::next_release;

    #[test]
    fn the_next_release_of_a_tag_has_a_higher_second_number() {
        let check = |image: &str, expected: &str| assert_eq!(next_release(image), expected);
        check("host:5000/web:1.4.0", "host:5000/web:1.5.0");
        check("web:v0.9", "web:v0.10");
        check("web:stable", "web:stable");
        check("web", "web");
    }
}
