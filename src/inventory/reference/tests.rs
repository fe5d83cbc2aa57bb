use proptest::prelude::*;

use super::Reference;

const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

#[test]
fn two_spellings_of_one_reference_are_one_image() {
    let check = |spelling: &str, expected: &str| {
        let reference = Reference::parse(spelling);
        assert!(reference.is_valid(), "{spelling}");
        assert_eq!(reference.to_string(), expected);
    };
    check("nginx", "docker.io/library/nginx:latest");
    check("nginx:1.27", "docker.io/library/nginx:1.27");
    check("library/nginx", "docker.io/library/nginx:latest");
    check("docker.io/nginx", "docker.io/library/nginx:latest");
    check("index.docker.io/nginx", "docker.io/library/nginx:latest");
    check("index.docker.io/library/nginx:latest", "docker.io/library/nginx:latest");
    check("rancher/klipper-lb:v0.1.2", "docker.io/rancher/klipper-lb:v0.1.2");
    check("localhost/app", "localhost/app:latest");
    check("localhost:5000/app", "localhost:5000/app:latest");
    check("local/app", "docker.io/local/app:latest");
    check("registry:5000/team/app:1", "registry:5000/team/app:1");
    check("registry:5000", "docker.io/library/registry:5000");
    check("Registry/app", "Registry/app:latest");
    check("gcr.io/a/b__c/d.e-f---g", "gcr.io/a/b__c/d.e-f---g:latest");
    check("[::1]:5000/app", "[::1]:5000/app:latest");
    check("[fe80:::1]/app:x", "[fe80:::1]/app:x");
    check("192.168.0.1/app", "192.168.0.1/app:latest");
    check(&format!("nginx@sha256:{HEX}"), &format!("docker.io/library/nginx@sha256:{HEX}"));
    check(&format!("nginx:1@sha256:{HEX}"), &format!("docker.io/library/nginx:1@sha256:{HEX}"));
    check(&format!("a.b/c@md5x:{HEX}"), &format!("a.b/c@md5x:{HEX}"));
    // Alone it would be the identifier of a local image.
    check(&format!("{HEX}:1"), &format!("docker.io/library/{HEX}:1"));
    check(&format!("{HEX}@sha256:{HEX}"), &format!("docker.io/library/{HEX}@sha256:{HEX}"));
    check(&format!("nginx:{}", "t".repeat(128)), &format!("docker.io/library/nginx:{}", "t".repeat(128)));
}

#[test]
fn a_familiar_reference_still_means_the_same_image() {
    let check = |spelling: &str, expected: &str| {
        assert_eq!(Reference::parse(spelling).familiar(), expected);
    };
    check("nginx", "nginx:latest");
    check("rancher/klipper-lb:v1", "rancher/klipper-lb:v1");
    check("quay.io/a/b:1", "quay.io/a/b:1");
    check("docker.io/localhost/app:1", "docker.io/localhost/app:1");
    check("NGINX", "NGINX");
}

#[test]
fn what_the_grammar_refuses_is_an_image_under_its_raw_text() {
    let too_long = format!("quay.io/{}", "a".repeat(256));
    let tag_too_long = format!("nginx:{}", "t".repeat(129));
    let short_digest = format!("nginx@sha256:{}", &HEX[..63]);
    let refused = [
        "",
        " ",
        "NGINX",
        "NGINX:Latest",
        "ng inx",
        "a\nb",
        "nginx:",
        "nginx:-a",
        "nginx:a:b",
        "/nginx",
        "a//b",
        "nginx@",
        "nginx:1@sha256:zz",
        "nginx@sha256:beef",
        "é漢字",
        "_a",
        "a_",
        "a___b",
        "a..b",
        "-a",
        "a-",
        "a._b",
        "host:port/app",
        "host:/app",
        "-host.io/app",
        "host-.io/app",
        "ho_st.io/app",
        "a.b/",
        "[::1/app",
        "<script>alert(1)</script>",
        HEX,
        &short_digest,
        &too_long,
        &tag_too_long,
    ];
    for spelling in refused {
        let reference = Reference::parse(spelling);
        assert!(!reference.is_valid(), "{spelling:?} became {reference}");
        assert_eq!(&**reference.text(), spelling);
        assert_eq!(
            (reference.registry(), reference.repository(), reference.tag(), reference.digest()),
            (None, None, None, None)
        );
    }
}

#[test]
fn a_valid_reference_tells_its_parts() {
    let check = |spelling: &str, parts: (&str, &str, Option<&str>, Option<&str>)| {
        let reference = Reference::parse(spelling);
        assert_eq!(reference.registry(), Some(parts.0), "{spelling}");
        assert_eq!(reference.repository(), Some(parts.1), "{spelling}");
        assert_eq!(reference.tag(), parts.2, "{spelling}");
        assert_eq!(reference.digest(), parts.3, "{spelling}");
    };
    let digest = format!("sha256:{HEX}");
    check("nginx", ("docker.io", "library/nginx", Some("latest"), None));
    check("h:5000/a/b:1", ("h:5000", "a/b", Some("1"), None));
    check(&format!("h:5000/a@{digest}"), ("h:5000", "a", None, Some(&digest)));
    check(&format!("a/b:2@{digest}"), ("docker.io", "a/b", Some("2"), Some(&digest)));
}

proptest! {
    #[test]
    fn normalising_twice_changes_nothing(spelling in "\\PC{0,40}|[a-zA-Z0-9./:@_-]{0,60}") {
        let once = Reference::parse(&spelling);
        let twice = Reference::parse(once.text());
        prop_assert_eq!(&once, &twice);
    }

    #[test]
    fn a_valid_reference_is_made_of_its_parts(
        registry in "[a-z]{1,5}\\.io(:[0-9]{1,4})?",
        repository in "[a-z0-9]{1,6}(/[a-z0-9]{1,6}){0,2}",
        tag in "[a-zA-Z0-9_][a-zA-Z0-9._-]{0,12}",
    ) {
        let reference = Reference::parse(&format!("{registry}/{repository}:{tag}"));
        prop_assert_eq!(reference.registry(), Some(&*registry));
        prop_assert_eq!(reference.repository(), Some(&*repository));
        prop_assert_eq!(reference.tag(), Some(&*tag));
    }
}
