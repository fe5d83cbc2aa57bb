//! What a watch covers.

use std::fmt;

/// The number of a scope within one [`Inventory`](super::Inventory).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopeId(pub u16);

/// What one watch covers: one namespace or all, less exclusions, narrowed by a label selector.
///
/// A resourceVersion is good only for the scope it came from, and a list of a scope says nothing
/// about pods outside of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Scope {
    /// The one namespace that is watched; `None` is all.
    pub namespace: Option<Box<str>>,
    /// Namespaces that are left out, sorted.
    pub excluded: Vec<Box<str>>,
    /// A label selector in the API's syntax.
    pub selector: Option<Box<str>>,
}

impl Scope {
    /// Whether a list of this scope that lacks a pod of `namespace` proves that the pod is gone.
    /// Under a selector it does not: the pod may only have other labels.
    #[must_use]
    pub fn proves_absence_in(&self, namespace: &str) -> bool {
        self.selector.is_none() && self.can_hold(namespace)
    }

    /// Whether pods of `namespace` can be in scope.
    #[must_use]
    pub fn can_hold(&self, namespace: &str) -> bool {
        self.namespace.as_deref().is_none_or(|own| own == namespace)
            && !self.excluded.iter().any(|out| &**out == namespace)
    }

    /// The scope that `Display` says as `text`; `None` for any other text. No name of a namespace
    /// holds a blank, so that the text can be taken apart again.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (place, selector) = match text.split_once(" where ") {
            Some((place, selector)) => (place, Some(selector.into())),
            None => (text, None),
        };
        let (place, excluded) = match place.split_once(" except ") {
            Some((place, excluded)) => (place, excluded.split(", ").map(Into::into).collect()),
            None => (place, Vec::new()),
        };
        let namespace = match place.strip_prefix("namespace ") {
            Some(namespace) => Some(namespace.into()),
            None if place == "all namespaces" => None,
            None => return None,
        };
        Some(Self { namespace, excluded, selector })
    }

    /// The field selector by which the server itself drops excluded namespaces.
    #[must_use]
    pub fn field_selector(&self) -> Option<String> {
        let terms: Vec<String> =
            self.excluded.iter().map(|namespace| format!("metadata.namespace!={namespace}")).collect();
        (!terms.is_empty()).then(|| terms.join(","))
    }
}

impl fmt::Display for Scope {
    /// `all namespaces`, `namespace a`, with ` except b, c` and ` where SELECTOR` as they apply;
    /// also the key of the scope in a record.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "namespace {namespace}")?,
            None => f.write_str("all namespaces")?,
        }
        if !self.excluded.is_empty() {
            write!(f, " except {}", self.excluded.join(", "))?;
        }
        if let Some(selector) = &self.selector {
            write!(f, " where {selector}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Scope;

    #[test]
    fn only_a_scope_that_sees_every_pod_of_a_namespace_proves_an_absence_there() {
        let all = Scope::default();
        let one = Scope { namespace: Some("a".into()), ..Scope::default() };
        let some = Scope { excluded: vec!["a".into(), "c".into()], ..Scope::default() };
        let picky = Scope { selector: Some("app=x".into()), ..Scope::default() };
        let check = |scope: &Scope, expected: [bool; 2], text: &str| {
            assert_eq!([scope.proves_absence_in("a"), scope.proves_absence_in("b")], expected);
            let can_hold = [scope.can_hold("a"), scope.can_hold("b")];
            assert_eq!(can_hold, if scope.selector.is_none() { expected } else { [true, true] });
            assert_eq!(scope.to_string(), text);
            assert_eq!(Scope::parse(text).as_ref(), Some(scope));
        };
        check(&all, [true, true], "all namespaces");
        check(&one, [true, false], "namespace a");
        check(&some, [false, true], "all namespaces except a, c");
        assert_eq!(Scope::parse("everything"), None);
        check(&picky, [false, false], "all namespaces where app=x");
        assert_eq!(all.field_selector(), None);
        assert_eq!(some.field_selector().as_deref(), Some("metadata.namespace!=a,metadata.namespace!=c"));
    }
}
