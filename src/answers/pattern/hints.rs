//! Patterns as beginnings of what a record holds, by which it finds it quickly.

use super::{ALGORITHMS, DigestPrefix, Name};
use crate::record::past::Hint;

impl Name {
    /// None where any reference may match.
    pub(super) fn hints(&self) -> Vec<Hint> {
        let repository = |wanted: &crate::inventory::Reference| {
            format!("{}/{}", wanted.registry().unwrap_or_default(), wanted.repository().unwrap_or_default())
        };
        let beginnings = match self {
            Self::Repository(wanted) => vec![repository(wanted)],
            Self::Tag(wanted) => {
                vec![format!("{}:{}", repository(wanted), wanted.tag().unwrap_or_default())]
            }
            Self::Raw(wanted) => vec![wanted.to_string()],
            Self::Glob(glob) => match glob.glob().glob().split(['*', '?', '[', '{', '\\']).next() {
                None | Some("") => Vec::new(),
                // A glob may be of the name as people write it.
                Some(plain) => {
                    ["", "docker.io/", "docker.io/library/"].map(|unsaid| format!("{unsaid}{plain}")).into()
                }
            },
        };
        beginnings.into_iter().map(|beginning| Hint::Reference(beginning.into())).collect()
    }
}

impl DigestPrefix {
    pub(super) fn hints(&self) -> Vec<Hint> {
        let hex = self.hex.to_ascii_lowercase();
        let hint = |algorithm: &str| Hint::Digest(format!("{algorithm}:{hex}").into());
        match &self.algorithm {
            Some(algorithm) => vec![hint(algorithm)],
            None => ALGORITHMS.map(hint).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::answers::Pattern;
    use crate::inventory::Reference;
    use crate::record::past::Hint;

    fn hints(pattern: &str) -> Vec<String> {
        let hints = Pattern::parse(pattern).unwrap().hints().into_iter();
        hints.map(|(Hint::Reference(text) | Hint::Digest(text))| text.into()).collect()
    }

    #[test]
    fn a_pattern_hints_at_beginnings() {
        let check = |pattern: &str, expected: &[&str]| assert_eq!(hints(pattern), expected, "{pattern}");
        check("nginx", &["docker.io/library/nginx"]);
        check("quay.io/a/b:1", &["quay.io/a/b:1"]);
        check("NGINX:Latest", &["NGINX:Latest"]);
        check("quay.io/*", &["quay.io/", "docker.io/quay.io/", "docker.io/library/quay.io/"]);
        check("*/team/*", &[]);
        check("{a,b}", &[]);
        check("sha256:0123456789AB", &["sha256:0123456789ab"]);
        check("nginx@sha256:0123456789ab", &["sha256:0123456789ab"]);
        check(
            "0123456789ab",
            &[
                "docker.io/library/0123456789ab",
                "sha256:0123456789ab",
                "sha384:0123456789ab",
                "sha512:0123456789ab",
            ],
        );
    }

    #[test]
    fn whatever_matches_satisfies_a_hint() {
        let digest = format!("sha256:{:0<64}", "0123456789ab");
        let pinned = format!("nginx:1@{digest}");
        let images = [
            "nginx",
            "nginx:1",
            "NGINX",
            "team/app:2",
            "quay.io/team/app:2",
            "localhost/a",
            "0123456789ab",
            &pinned,
        ];
        let patterns = [
            "nginx",
            "nginx:1",
            "NGINX",
            "team/*",
            "docker.io/*",
            "n*",
            "quay.io/team/app",
            "NGIN?",
            "0123456789AB",
            "nginx@0123456789ab",
            "localhost/?",
            &digest,
        ];
        let mut matches = 0;
        for (pattern, image) in patterns.iter().flat_map(|pattern| images.map(|image| (*pattern, image))) {
            let (parsed, reference) = (Pattern::parse(pattern).unwrap(), Reference::parse(image));
            if !parsed.matches(&reference, Some(&digest)) {
                continue;
            }
            matches += 1;
            let hints = parsed.hints();
            let is_satisfied = hints.iter().any(|hint| match hint {
                Hint::Reference(beginning) => reference.text().starts_with(&**beginning),
                Hint::Digest(beginning) => digest.starts_with(&**beginning),
            });
            assert!(hints.is_empty() || is_satisfied, "{pattern} {image}: {hints:?}");
        }
        assert!(matches > 20, "{matches}");
    }
}
