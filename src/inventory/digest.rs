//! What a runtime reports as `imageID`: a digest, and a repository where it names one.

use super::reference::other_repository;

/// The `algorithm:hex` in an `imageID` (`docker-pullable://repo@sha256:…`, `repo@sha256:…`,
/// `sha256:…`), or `None` where it holds none.
///
/// Whether it names an index, a manifest or a configuration depends on the runtime and is not
/// told by the text. Any algorithm of the grammar of `opencontainers/go-digest` is accepted.
#[must_use]
pub fn digest_of(image_id: &str) -> Option<&str> {
    let candidate = match image_id.rsplit_once('@') {
        Some((_, digest)) => digest,
        None => image_id.rsplit_once('/').map_or(image_id, |(_, last)| last),
    };
    is_digest(candidate).then_some(candidate)
}

/// The digest in an `imageID`, and the repository that it names beside it (`docker-pullable://repo@sha256:…`,
/// `repo@sha256:…`), normalised, as `registry/repository`, where it is not the repository of `image`;
/// empty where the digest is told without one.
///
/// Runtimes know an image by all names under which it was pulled, and tell one of them. A digest that
/// is told alone may be one that no registry knows it by.
pub(super) fn digest_and_repository<'a>(image_id: &'a str, image: &str) -> (Option<&'a str>, Option<String>) {
    let Some(digest) = digest_of(image_id) else { return (None, None) };
    if !image_id.contains('@') {
        return (Some(digest), Some(String::new()));
    }
    // With the digest: 64 hexadecimal digits alone would be an id, and name a repository before one.
    let name = image_id.split_once("://").map_or(image_id, |(_, name)| name);
    (Some(digest), other_repository(name, image))
}

/// Whether `text` is `algorithm:hex` with at least 32 hexadecimal characters, as the grammar of
/// `distribution/reference` wants it, and of the right length where the algorithm is a usual one.
#[must_use]
pub fn is_digest(text: &str) -> bool {
    let Some((algorithm, hex)) = text.split_once(':') else {
        return false;
    };
    let is_component = |part: &[u8]| {
        part.first().is_some_and(u8::is_ascii_alphabetic) && part.iter().all(u8::is_ascii_alphanumeric)
    };
    let is_length = match algorithm {
        "sha256" => hex.len() == 64,
        "sha384" => hex.len() == 96,
        "sha512" => hex.len() == 128,
        _ => hex.len() >= 32,
    };
    algorithm.as_bytes().split(|b| matches!(b, b'+' | b'.' | b'-' | b'_')).all(is_component)
        && is_length
        && hex.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::{digest_and_repository, digest_of};

    const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn a_digest_is_found_in_every_form_a_runtime_reports() {
        let check = |image_id: &str, expected: Option<&str>| {
            assert_eq!(digest_of(image_id), expected, "{image_id}");
        };
        let digest = format!("sha256:{HEX}");
        check(&digest, Some(&digest));
        check(&format!("docker.io/library/nginx@{digest}"), Some(&digest));
        check(&format!("docker-pullable://nginx@{digest}"), Some(&digest));
        check(&format!("docker://{digest}"), Some(&digest));
        check(&format!("host:5000/app:1@{digest}"), Some(&digest));
        let other = format!("sha512+b64:{HEX}{HEX}");
        check(&format!("a@{other}"), Some(&other));
        for (algorithm, length) in [("sha256", 64), ("sha384", 96), ("sha512", 128)] {
            let digest = |length| format!("{algorithm}:{}", "0".repeat(length));
            check(&digest(length), Some(&digest(length)));
            check(&digest(length - 1), None);
            check(&digest(length + 1), None);
        }
        for none in ["", "nginx", "nginx:1", "sha256:", "sha256:beef", "@", "a@b", "sha256:zz"] {
            check(none, None);
        }
    }

    #[test]
    fn a_repository_is_reported_where_it_is_not_the_specs() {
        let check = |image: &str, image_id: &str, expected: Option<&str>| {
            let image_id = image_id.replace("DIGEST", &format!("sha256:{HEX}"));
            let (_, reported) = digest_and_repository(&image_id, image);
            assert_eq!(reported.as_deref(), expected, "{image_id} of {image}");
        };
        check("nginx:1", "nginx:1@DIGEST", None);
        check("nginx:NOT VALID", "nginx@DIGEST", Some("docker.io/library/nginx"));
        check("nginx:1:2", "nginx:1@DIGEST", Some("docker.io/library/nginx"));
        check("nginx/x:1", "nginx@DIGEST", Some("docker.io/library/nginx"));
        check("nginx:1", "docker.io/library/nginx@DIGEST", None);
        check("nginx@sha256:beef", "nginx@DIGEST", Some("docker.io/library/nginx"));
        check("index.docker.io/nginx", "docker-pullable://nginx@DIGEST", None);
        check("nginx", "quay.io/mirror/nginx@DIGEST", Some("quay.io/mirror/nginx"));
        check("nginx", "docker-pullable://team/nginx@DIGEST", Some("docker.io/team/nginx"));
        check("app:5000/x", "app@DIGEST", Some("docker.io/library/app"));
        check("host:5000/app:1", "host:5000/app:2@DIGEST", None);
        check(&format!("{HEX}:1"), &format!("{HEX}@DIGEST"), None);
        check("NOT VALID", "nginx@DIGEST", Some("docker.io/library/nginx"));
        for bare in ["DIGEST", "docker://DIGEST", "NO REPOSITORY@DIGEST"] {
            check("nginx", bare, Some(""));
        }
        for without in ["", "quay.io/a", "quay.io/a@sha256:beef"] {
            check("nginx", without, None);
        }
    }
}
