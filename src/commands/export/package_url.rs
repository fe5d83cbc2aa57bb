//! Package URLs of images: <https://github.com/package-url/purl-spec>, type `oci`.

use std::fmt::Write as _;

use crate::answers::Exported;
use crate::inventory::Reference;

/// The package URL of an image, where a digest is known in a repository: as the runtime told it, or
/// as the pod pins it. A digest that was told alone is joined to no repository.
pub(super) fn package_url(image: &Exported, reference: &Reference) -> Option<String> {
    let own = reference.registry().zip(reference.repository());
    let own = own.map(|(registry, repository)| format!("{registry}/{repository}"));
    let is_own = |repository: &str| own.as_deref() == Some(repository);
    let told = image.repositories.iter().map(|repository| &**repository);
    let told = told.max_by_key(|repository| is_own(repository)).zip(image.digest.as_deref());
    let (repository, digest) = told.or_else(|| own.as_deref().zip(reference.digest()))?;
    let (_, name) = repository.rsplit_once('/')?;
    let mut url = format!(
        "pkg:oci/{}@{}?repository_url={}",
        encoded(name, &[]),
        encoded(digest, &[]),
        encoded(repository, b"/:")
    );
    if let Some(tag) = reference.tag().filter(|_| is_own(repository)) {
        url.push_str("&tag=");
        url.push_str(&encoded(tag, &[]));
    }
    Some(url)
}

/// Percent-encoded, but for the characters that need not be and those in `kept`.
fn encoded(text: &str, kept: &[u8]) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b".-_~".contains(&byte) || kept.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;

    use super::package_url;
    use crate::answers::{Bound, End, Exported};
    use crate::inventory::Reference;

    const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn an_image_has_a_package_url_where_its_digest_is_known_in_a_repository() {
        let check = |image: &str, digest: Option<&str>, repositories: &[&str], expected: Option<&str>| {
            let reference = Reference::parse(&image.replace("HEX", HEX));
            let exported = Exported {
                reference: Arc::clone(reference.text()),
                digest: digest.map(|digest| digest.replace("HEX", HEX).into()),
                repositories: repositories.iter().map(|repository| Arc::from(*repository)).collect(),
                kinds: [].into(),
                places: [].into(),
                first: Bound { at: Timestamp::UNIX_EPOCH, is_exact: true },
                last: End::Used,
                is_active: true,
                is_certain: true,
            };
            let url = package_url(&exported, &reference).map(|url| url.replace(HEX, "HEX"));
            assert_eq!(url.as_deref(), expected, "{image}");
        };
        let run = Some("sha256:HEX");
        let own = "pkg:oci/nginx@sha256%3AHEX?repository_url=docker.io/library/nginx&tag=1";
        check("nginx:1", run, &["docker.io/library/nginx"], Some(own));
        check("nginx:1", run, &["docker.io/library/nginx", "a.io/nginx", "z.io/nginx"], Some(own));
        let mirrored = "pkg:oci/x@sha256%3AHEX?repository_url=m.io:5000/hub/x";
        check("nginx:1", run, &["m.io:5000/hub/x"], Some(mirrored));
        let pinned = "pkg:oci/a@sha256%3AHEX?repository_url=quay.io/a&tag=2";
        check("quay.io/a:2@sha256:HEX", None, &[], Some(pinned));
        let six = "pkg:oci/a@sha256%3AHEX?repository_url=%5B::1%5D:5000/a";
        check("[::1]:5000/a@sha256:HEX", None, &[], Some(six));
        check("nginx:1", run, &[], None);
        check("nginx:1", None, &[], None);
        check("NOT VALID", run, &[], None);
    }
}
