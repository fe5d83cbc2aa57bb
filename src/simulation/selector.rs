//! Label and field selectors, in the forms without sets.

use super::pod::Pod;
use super::status::Refusal;

/// Which pods a request is about, its namespace apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Selector {
    terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    source: Source,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    Label(Box<str>),
    Namespace,
    Name,
    Node,
    Phase,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    Is(Box<str>),
    IsNot(Box<str>),
    Exists,
    IsAbsent,
}

impl Selector {
    /// What `labelSelector` and `fieldSelector` say together; an empty text says nothing.
    pub(super) fn parse(labels: &str, fields: &str) -> Result<Self, Refusal> {
        let labels = terms(labels).map(label_term);
        let fields = terms(fields).map(field_term);
        Ok(Self { terms: labels.chain(fields).collect::<Result<_, _>>()? })
    }

    /// Whether every pod matches, at all times.
    pub(super) fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    pub(super) fn matches(&self, pod: &Pod) -> bool {
        self.terms.iter().all(|term| {
            let value = match &term.source {
                Source::Label(key) => pod.template.label(key),
                Source::Namespace => Some(&*pod.namespace),
                Source::Name => Some(&*pod.name),
                Source::Node => Some(pod.node.as_deref().unwrap_or_default()),
                Source::Phase => Some(pod.phase.word()),
            };
            match &term.test {
                Test::Is(wanted) => value == Some(wanted),
                Test::IsNot(unwanted) => value != Some(unwanted),
                Test::Exists => value.is_some(),
                Test::IsAbsent => value.is_none(),
            }
        })
    }
}

fn terms(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|term| !term.is_empty())
}

fn comparison(term: &str) -> Option<(&str, Test)> {
    let (key, test) = if let Some((key, value)) = term.split_once("!=") {
        (key, Test::IsNot(value.trim().into()))
    } else {
        let (key, value) = term.split_once("==").or_else(|| term.split_once('='))?;
        (key, Test::Is(value.trim().into()))
    };
    Some((key.trim(), test))
}

fn label_term(term: &str) -> Result<Term, Refusal> {
    let (key, test) = match (comparison(term), term.strip_prefix('!')) {
        (Some(comparison), _) => comparison,
        (None, Some(key)) => (key.trim(), Test::IsAbsent),
        (None, None) => (term, Test::Exists),
    };
    if key.is_empty() || key.contains(|c: char| c.is_whitespace() || "()!<>=".contains(c)) {
        let message = format!("unable to parse requirement {term:?}; the simulated server knows no sets");
        return Err(Refusal::bad_request(message));
    }
    Ok(Term { source: Source::Label(key.into()), test })
}

fn field_term(term: &str) -> Result<Term, Refusal> {
    let invalid = || Refusal::bad_request(format!("invalid field selector: {term:?}"));
    let (key, test) = comparison(term).ok_or_else(invalid)?;
    let source = match key {
        "metadata.namespace" => Source::Namespace,
        "metadata.name" => Source::Name,
        "spec.nodeName" => Source::Node,
        "status.phase" => Source::Phase,
        _ => return Err(Refusal::bad_request(format!("field label not supported: {key}"))),
    };
    Ok(Term { source, test })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;

    use super::Selector;
    use crate::simulation::pod::{Pod, Template};

    fn pod() -> Pod {
        let template = Template { labels: vec![("app".into(), "web".into())], ..Template::default() };
        Pod::new(&"shop".into(), "web-1", 1, Timestamp::UNIX_EPOCH, &Arc::new(template))
    }

    #[test]
    fn every_term_must_hold() {
        let check = |labels: &str, fields: &str, expected: bool| {
            let selector = Selector::parse(labels, fields).expect("it parses");
            assert_eq!(selector.matches(&pod()), expected, "{labels:?} {fields:?}");
        };
        check("", "", true);
        check("app=web", "", true);
        check("app == web , app", "", true);
        check("app=cart", "", false);
        check("app!=web", "", false);
        check("tier!=front,!tier", "", true);
        check("tier", "", false);
        check("!app", "", false);
        check("", "metadata.namespace!=kube-system,metadata.namespace!=ci", true);
        check("", "metadata.namespace!=shop", false);
        check("", "metadata.name=web-1,status.phase=Pending,spec.nodeName=", true);
        check("app=web", "metadata.name=web-2", false);
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for (labels, fields) in [("app in (a)", ""), ("=", ""), ("a b", ""), ("", "status"), ("", "x=y")] {
            let refusal = Selector::parse(labels, fields).expect_err("it is refused");
            assert_eq!(refusal.code, 400, "{labels:?} {fields:?}");
        }
    }
}
