//! A registry's images, and the past of the two clusters that pull from it.

use jiff::Timestamp;

use crate::cli::past::{DAY, PastOf};

use super::server::Registry;

/// When images were built that may go by their age.
const OLD: &str = "2020-01-01T00:00:00Z";

/// An image: its repository with the registry's name, and its digest.
#[derive(Clone, Debug)]
pub(super) struct Image {
    pub(super) repository: String,
    pub(super) digest: String,
}

/// What is in the registry, by what has to become of it under the terms of the guide: 60 days,
/// three versions, and `templates.txt`.
pub(super) struct Stock {
    /// One of those that stay; its signature stays with it.
    pub(super) signed: Image,
    /// One that runs, and that the registry has lost.
    pub(super) lost: Image,
    pub(super) stays: Vec<Image>,
    pub(super) goes: Vec<Image>,
}

/// How far the record of `eu` vouches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    Whole,
    WithHole,
}

/// Fills a registry, and the folder beside it with `eu.db`, `us.db` and `templates.txt`.
pub(super) fn fill(registry: &Registry, seen: Seen) -> Stock {
    let web = Repository::new(registry, "web");
    let shop = Repository::new(registry, "shop");

    // Of the versions of `web` in eu the last three stay; two of these were used in the window.
    let too_old = ["0.7", "0.8"].map(|tag| web.push(tag));
    let third_last = web.push("0.9");
    let moved_on = web.push("rolling");
    let now_behind_its_tag = web.push("rolling");
    let last = web.push("1.0");
    registry.done(&format!("regctl image copy {0}:1.0 {0}:stable", web.name));
    // In us a pod names the digest, and the tag has moved on to what no cluster uses.
    let pinned = web.push("next");
    let unused = web.push("next");
    let running = web.push("1.1");
    let template = web.push("0.6");
    let on_its_way = web.push_young("2.0");
    let signature = web.push(&format!("sha256-{}.sig", last.hex()));
    let signature_of_old = web.push(&format!("sha256-{}.sig", too_old[0].hex()));
    // The index that runs has a platform with a tag of its own, the one that does not has none.
    let platforms = [shop.push_untagged("2-amd64"), shop.push("2-arm64")];
    let index = shop.push_index("2", &platforms);
    let platforms_of_old = ["1-amd64", "1-arm64"].map(|name| shop.push_untagged(name));
    let old_index = shop.push_index("1", &platforms_of_old);

    let lost = web.image(format!("sha256:{}", "0".repeat(64)));

    let folder = registry.folder();
    let eu = PastOf::cluster(folder, "eu", 90 * DAY);
    let eu = match seen {
        Seen::Whole => eu.seen(90 * DAY, 0),
        Seen::WithHole => eu.seen(90 * DAY, 9 * DAY).seen(8 * DAY, 0),
    };
    eu.used(&web.tagged("0.7"), Some(&too_old[0].digest), 90 * DAY, Some(85 * DAY))
        .used(&web.tagged("0.8"), Some(&too_old[1].digest), 85 * DAY, Some(80 * DAY))
        .used(&web.tagged("0.9"), Some(&third_last.digest), 80 * DAY, Some(75 * DAY))
        .used(&web.tagged("rolling"), Some(&moved_on.digest), 75 * DAY, Some(40 * DAY))
        .used(&web.tagged("1.0"), Some(&last.digest), 40 * DAY, Some(10 * DAY))
        .made();
    PastOf::cluster(folder, "us", 90 * DAY)
        .seen(90 * DAY, 0)
        .used(&format!("{}@{}", web.name, pinned.digest), Some(&pinned.digest), 70 * DAY, None)
        .used(&format!("{}@{}", web.name, lost.digest), Some(&lost.digest), DAY, None)
        .used(&web.tagged("1.1"), Some(&running.digest), DAY, None)
        .used(&shop.tagged("2"), Some(&index.digest), DAY, None)
        .made();
    std::fs::write(folder.join("templates.txt"), format!("{}\n", web.tagged("0.6"))).expect("a file");

    let signed = last.clone();
    let stays = [
        third_last,
        moved_on,
        now_behind_its_tag,
        last,
        pinned,
        running,
        template,
        on_its_way,
        signature,
        index,
    ];
    let goes = [unused, signature_of_old, old_index];
    Stock {
        signed,
        lost,
        stays: stays.into_iter().chain(platforms).collect(),
        goes: goes.into_iter().chain(too_old).chain(platforms_of_old).collect(),
    }
}

impl Image {
    pub(super) fn hex(&self) -> &str {
        self.digest.strip_prefix("sha256:").expect("a digest by SHA-256")
    }
}

struct Repository<'a> {
    registry: &'a Registry,
    name: String,
}

impl<'a> Repository<'a> {
    fn new(registry: &'a Registry, name: &str) -> Self {
        Self { registry, name: format!("{}/team/{name}", registry.name()) }
    }

    fn tagged(&self, tag: &str) -> String {
        format!("{}:{tag}", self.name)
    }

    /// Pushes an image that is like no other, also where the tag stands for one already.
    fn push(&self, tag: &str) -> Image {
        let image = self.push_untagged(tag);
        self.registry.done(&format!("regctl image copy {0}@{1} {0}:{tag}", self.name, image.digest));
        image
    }

    fn push_untagged(&self, label: &str) -> Image {
        let unlike = Timestamp::now().as_nanosecond();
        let create = format!(
            "regctl image create {} --by-digest --created {OLD} --label it={label}-{unlike}",
            self.name
        );
        self.image(self.registry.done(&create))
    }

    /// Pushes an image that was built just now.
    fn push_young(&self, tag: &str) -> Image {
        self.registry.done(&format!("regctl image create {} --created now", self.tagged(tag)));
        self.image(self.registry.done(&format!("regctl image digest {}", self.tagged(tag))))
    }

    fn push_index(&self, tag: &str, platforms: &[Image]) -> Image {
        let digests: Vec<_> = platforms.iter().map(|image| format!(" --digest {}", image.digest)).collect();
        let digests = digests.concat();
        self.registry.done(&format!("regctl index create {}{digests}", self.tagged(tag)));
        self.image(self.registry.done(&format!("regctl image digest {}", self.tagged(tag))))
    }

    fn image(&self, digest: String) -> Image {
        Image { repository: self.name.clone(), digest }
    }
}
