//! References and imageIDs, as pods spell them and runtimes report them.

use std::sync::LazyLock;

use regex::Regex;

use super::Reference;
use super::digest::{digest_and_repository, digest_of};
use crate::fuzz::{fuzz, holds, same};

const WORDS: [&str; 16] = [
    "docker.io/",
    "index.docker.io/",
    "library/",
    "localhost",
    "/",
    ":",
    "@",
    "@sha256:",
    "://",
    "[::1]",
    "--",
    "__",
    "._",
    ":5000",
    "0123456789abcdef0123456789abcdef",
    "latest",
];

fn seeds() -> Vec<Vec<u8>> {
    let hex = "0123456789abcdef".repeat(4);
    let spellings = [
        "nginx".to_owned(),
        "docker.io/library/nginx:1".to_owned(),
        "Registry:5000/a__b/c.d---e:V1_2.3-4".to_owned(),
        format!("[fe80::1]:5000/shop/web:1@sha256:{hex}"),
        format!("docker-pullable://nginx@sha512+b64:{hex}{hex}"),
        format!("docker://sha256:{hex}"),
        format!("{hex}:1"),
    ];
    spellings.map(String::into_bytes).to_vec()
}

/// The grammar of `distribution/reference` v0.6.0, `regexp.go`, put together. Go's `\w` is ASCII.
static REFERENCE: LazyLock<Regex> = LazyLock::new(|| {
    let label = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
    let domain = format!(r"(?:{label}(?:\.{label})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?");
    let component = "[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*";
    let path = format!("{component}(?:/{component})*");
    let tag = "[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}";
    Regex::new(&format!(r"\A({domain})/({path})(?::({tag}))?(?:@({DIGEST}))?\z")).expect("a good expression")
});

const DIGEST: &str = "[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}";

/// A digest has the length that its algorithm gives it (`opencontainers/go-digest`).
fn has_length(digest: &str) -> bool {
    let (algorithm, hex) = digest.split_once(':').expect("a digest has a colon");
    match algorithm {
        "sha256" => hex.len() == 64,
        "sha384" => hex.len() == 96,
        "sha512" => hex.len() == 128,
        _ => true,
    }
}

/// Registry, repository, tag and digest.
type Parts = [Option<String>; 4];

/// What `ParseNormalizedNamed` and `splitDockerDomain` of that library do, line by line.
fn naive(spelling: &str) -> Option<Parts> {
    let is_identifier =
        spelling.len() == 64 && spelling.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if is_identifier {
        return None;
    }
    let (domain, remainder) = match spelling.split_once('/') {
        Some(("index.docker.io", rest)) => ("docker.io", rest),
        Some((domain, rest))
            if domain == "localhost" || domain.contains(['.', ':']) || domain.to_lowercase() != domain =>
        {
            (domain, rest)
        }
        _ => ("docker.io", spelling),
    };
    let is_official = domain == "docker.io" && !remainder.contains('/');
    let remainder = if is_official { format!("library/{remainder}") } else { remainder.to_owned() };
    let whole = format!("{domain}/{remainder}");
    let found = REFERENCE.captures(&whole)?;
    let [registry, path, tag, digest] =
        [1, 2, 3, 4].map(|part| found.get(part).map(|part| part.as_str().to_owned()));
    let is_good =
        path.as_ref().is_some_and(|path| path.len() <= 255) && digest.as_deref().is_none_or(has_length);
    let tag = tag.or_else(|| digest.is_none().then(|| "latest".to_owned()));
    is_good.then_some([registry, path, tag, digest])
}

fn parts(reference: &Reference) -> Parts {
    [reference.registry(), reference.repository(), reference.tag(), reference.digest()]
        .map(|part| part.map(str::to_owned))
}

#[test]
fn references() {
    fuzz("references", &WORDS, seeds(), |bytes| {
        let spelling = String::from_utf8_lossy(bytes);
        let reference = Reference::parse(&spelling);
        same("parsed again", &Reference::parse(reference.text()), &reference)?;
        same("shared", &Reference::shared(reference.text()), &reference)?;
        same("displayed", &reference.to_string(), &reference.text().to_string())?;
        same("as people write it", &Reference::parse(reference.familiar()), &reference)?;
        let expected = naive(&spelling);
        same("its parts", &parts(&reference), &expected.clone().unwrap_or_default())?;
        let [registry, repository, tag, digest] = parts(&reference);
        if let (Some(registry), Some(repository)) = (&registry, &repository) {
            let tag = tag.as_ref().map(|tag| format!(":{tag}")).unwrap_or_default();
            let digest = digest.as_ref().map(|digest| format!("@{digest}")).unwrap_or_default();
            same("its text", &reference.to_string(), &format!("{registry}/{repository}{tag}{digest}"))?;
        } else {
            same("an invalid one is its text", &reference.to_string(), &spelling.to_string())?;
        }
        let hub = registry.as_deref() == Some("docker.io");
        Ok(format!("{} {hub} {} {}", expected.is_some(), tag.is_some(), digest.is_some()))
    });
}

#[test]
fn image_ids() {
    static WHOLE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(&format!(r"\A{DIGEST}\z")).expect("a good expression"));
    fuzz("image-ids", &WORDS, seeds(), |bytes| {
        let image_id = String::from_utf8_lossy(bytes);
        let digest = digest_of(&image_id);
        let behind = image_id.rsplit_once(['@', '/']).map_or(&*image_id, |(_, behind)| behind);
        let behind = image_id.rsplit_once('@').map_or(behind, |(_, behind)| behind);
        let naive = Some(behind).filter(|text| WHOLE.is_match(text) && has_length(text));
        same("the digest", &digest, &naive)?;
        let (digest, reported) = digest_and_repository(&image_id, "quay.io/shop/web:1");
        assert_eq!(digest, digest_of(&image_id));
        holds("a repository is reported with a digest", digest.is_some() || reported.is_none())?;
        if let Some(repository) = reported.as_deref().filter(|repository| !repository.is_empty()) {
            let reference = Reference::parse(repository);
            let place =
                [reference.registry(), reference.repository()].map(Option::unwrap_or_default).join("/");
            same("a repository is one", &place, &repository.to_owned())?;
            holds("it is another one", repository != "quay.io/shop/web")?;
        }
        Ok(format!("{} {:?}", digest.is_some(), reported.map(|repository| repository.is_empty())))
    });
}
