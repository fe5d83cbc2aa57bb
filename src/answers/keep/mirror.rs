//! Mirrors: registries that hold under another name what pods use under theirs.

use crate::inventory::Reference;

use super::name::repository_key;

/// What begins with one name is also kept under another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    from: Box<str>,
    to: Box<str>,
}

impl Mirror {
    /// Reads `FROM=TO`; each is a registry, or a registry and the beginning of a path.
    ///
    /// # Errors
    /// A text for the user where it is not that.
    pub fn parse(text: &str) -> Result<Self, String> {
        let hint = "a mirror looks like docker.io=harbor.example.com/hub: \
                    a registry or a part of it, then what it is called there";
        let (from, to) = text.split_once('=').ok_or(hint)?;
        Ok(Self { from: place(from).ok_or(hint)?, to: place(to).ok_or(hint)? })
    }

    /// What `name` (a normalised reference, or a repository) is called in the mirror, where it is in
    /// what is mirrored.
    pub(super) fn of(&self, name: &str) -> Option<String> {
        let key = repository_key(name);
        let rest = key.strip_prefix(&*self.from)?;
        rest.starts_with(['/', ':', '@']).then(|| format!("{}{rest}", self.to))
    }
}

/// A registry and maybe the beginning of a path, normalised.
fn place(text: &str) -> Option<Box<str>> {
    // What is understood on Docker Hub is understood of short paths only.
    const LONG_PATH: &str = "/x/x:x";
    let reference = Reference::parse(&format!("{text}{LONG_PATH}"));
    let place = reference.text().strip_suffix(LONG_PATH).filter(|_| reference.is_valid())?;
    let is_in_full = place == text || text.strip_prefix("index.").is_some_and(|short| short == place);
    // `team` alone is a path on Docker Hub to some and a registry to others.
    is_in_full.then(|| repository_key(&format!("{place}/")).trim_end_matches('/').into())
}

#[cfg(test)]
mod tests {
    use super::Mirror;

    #[test]
    fn what_begins_with_one_name_is_called_by_the_other_at_the_bounds_of_the_path_only() {
        let check = |mirror: &str, name: &str, expected: Option<&str>| {
            let mirror = Mirror::parse(mirror).unwrap();
            assert_eq!(mirror.of(name).as_deref(), expected, "{name}");
        };
        let hub = "docker.io=harbor.example.com/hub";
        check(hub, "docker.io/library/nginx:1", Some("harbor.example.com/hub/library/nginx:1"));
        check(hub, "docker.io/a/b@sha256:00", Some("harbor.example.com/hub/a/b@sha256:00"));
        check(hub, "docker.io.example.com/a:1", None);
        check(hub, "quay.io/a:1", None);
        check("quay.io/team=host:5000", "quay.io/team/a:1", Some("host:5000/a:1"));
        check("quay.io/team=host:5000", "quay.io/teams/a:1", None);
        check("quay.io/team/a=host:5000/b", "quay.io/team/a:1", Some("host:5000/b:1"));
        check("index.docker.io=host.io", "docker.io/library/a:1", Some("host.io/library/a:1"));
        check("Quay.IO=host.io", "QUAY.io/a:1", Some("host.io/a:1"));
        check("localhost=host.io", "localhost/a:1", Some("host.io/a:1"));
    }

    #[test]
    fn what_names_no_registry_is_refused() {
        for text in
            ["", "docker.io", "docker.io=", "=a.io", "team=a.io", "a.io=team", "a.io/=b.io", "a.io/A=b"]
        {
            assert!(Mirror::parse(text).is_err(), "{text}");
        }
    }
}
