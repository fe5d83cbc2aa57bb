//! An image in an OCI archive, read and held to the specification
//! (<https://github.com/opencontainers/image-spec/tree/v1.1.1>).

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use ring::digest;
use serde_json::Value;
use tempfile::TempDir;

use crate::repository::hex;

const KIND: &str = "application/vnd.oci.image.";

/// An image whose parts are what their digests say.
pub(super) struct Image {
    /// The archive, unpacked.
    folder: TempDir,
    /// The configuration, whole.
    pub(super) config: Value,
    /// Its layers, lowest first.
    layers: Vec<Layer>,
}

struct Layer {
    path: PathBuf,
    size: u64,
    unpacked: Vec<u8>,
}

/// The image that `hack/image/check` was given, read once.
pub(super) fn image() -> &'static Image {
    static IMAGE: LazyLock<Image> = LazyLock::new(|| {
        let archive = env::var_os("KIMAGER_IMAGE")
            .expect("KIMAGER_IMAGE names an OCI archive; hack/image/check sets it");
        Image::read(Path::new(&archive))
    });
    &IMAGE
}

impl Image {
    fn read(archive: &Path) -> Self {
        let folder = TempDir::with_prefix("kimager-image-").expect("a temporary folder");
        run(Command::new("tar").arg("-xf").arg(archive).arg("-C").arg(folder.path()));
        let mut image = Self { folder, config: Value::Null, layers: Vec::new() };

        let layout = image.json("oci-layout");
        assert_eq!(layout["imageLayoutVersion"], "1.0.0", "{layout}");
        let index = image.json("index.json");
        assert_eq!(index["schemaVersion"], 2, "{index}");
        let mut seen = BTreeSet::new();
        let manifest = image.manifest(&index, &mut seen);
        assert_eq!(manifest["schemaVersion"], 2, "{manifest}");

        let config = &manifest["config"];
        assert_eq!(config["mediaType"], format!("{KIND}config.v1+json"), "{config}");
        image.config = json_of(&image.blob(config, &mut seen));
        let diff_ids = image.config["rootfs"]["diff_ids"].as_array().expect("digests of layers");
        let layers = manifest["layers"].as_array().expect("layers");
        assert_eq!(layers.len(), diff_ids.len(), "layers, and digests of what is in them");
        for (layer, diff_id) in layers.iter().zip(diff_ids) {
            assert_eq!(layer["mediaType"], format!("{KIND}layer.v1.tar+gzip"), "{layer}");
            let path = image.blob(layer, &mut seen);
            let unpacked = run(Command::new("gzip").arg("-dc").arg(&path)).stdout;
            assert_eq!(diff_id.as_str(), Some(sha256(&unpacked).as_str()), "{layer}");
            let size = fs::metadata(&path).expect("a size").len();
            image.layers.push(Layer { path, size, unpacked });
        }

        let kept: BTreeSet<_> = fs::read_dir(image.folder.path().join("blobs/sha256"))
            .expect("blobs")
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("a digest"))
            .collect();
        assert_eq!(kept, seen, "what is there, and what is asked for");
        image
    }

    /// The manifest for this platform, by way of an index in the index where a builder makes one.
    fn manifest(&self, index: &Value, seen: &mut BTreeSet<String>) -> Value {
        let manifests = index["manifests"].as_array().expect("manifests");
        let [descriptor] = manifests.as_slice() else { panic!("one image is checked at a time: {index}") };
        let inner = json_of(&self.blob(descriptor, seen));
        assert_eq!(inner["mediaType"], descriptor["mediaType"], "{inner}");
        if inner["mediaType"] == format!("{KIND}index.v1+json") {
            return self.manifest(&inner, seen);
        }
        assert_eq!(inner["mediaType"], format!("{KIND}manifest.v1+json"), "{inner}");
        inner
    }

    /// The file of a blob, which is what its descriptor says.
    fn blob(&self, descriptor: &Value, seen: &mut BTreeSet<String>) -> PathBuf {
        let digest = descriptor["digest"].as_str().expect("a digest");
        let (_, hash) = digest.split_once(':').expect("an algorithm before the digest");
        let path = self.folder.path().join("blobs/sha256").join(hash);
        let content = fs::read(&path).unwrap_or_else(|error| panic!("{digest}: {error}"));
        assert_eq!(sha256(&content), digest);
        assert_eq!(descriptor["size"], content.len(), "{digest}");
        seen.insert(hash.to_owned());
        path
    }

    fn json(&self, name: &str) -> Value {
        json_of(&self.folder.path().join(name))
    }

    /// How many bytes a node pulls.
    pub(super) fn pulled(&self) -> u64 {
        self.layers.iter().map(|layer| layer.size).sum()
    }

    /// How many bytes that becomes.
    pub(super) fn unpacked(&self) -> usize {
        self.layers.iter().map(|layer| layer.unpacked.len()).sum()
    }

    /// What is in it, as `tar` lists it: mode, owner and name of each, sorted by name.
    pub(super) fn entries(&self) -> Vec<String> {
        let mut entries = Vec::new();
        for layer in &self.layers {
            let listed = run(Command::new("tar").args(["--numeric-owner", "-tvzf"]).arg(&layer.path)).stdout;
            for line in String::from_utf8(listed).expect("names in Unicode").lines() {
                let words: Vec<&str> = line.split_whitespace().collect();
                entries.push(format!("{} {} {}", words[0], words[1], words[words.len() - 1]));
            }
        }
        entries.sort_by(|a, b| a.rsplit(' ').next().cmp(&b.rsplit(' ').next()));
        entries.dedup();
        entries
    }

    /// Puts its files into a folder, with their owners.
    pub(super) fn unpack(&self, folder: &Path) {
        for layer in &self.layers {
            run(Command::new("tar")
                .args(["--numeric-owner", "--same-owner", "-xpzf"])
                .arg(&layer.path)
                .arg("-C")
                .arg(folder));
        }
    }

    /// What the configuration says of a container.
    pub(super) fn says(&self, key: &str) -> &Value {
        &self.config["config"][key]
    }

    /// A list of texts in the configuration.
    pub(super) fn words(&self, key: &str) -> Vec<&str> {
        let list = self.says(key).as_array().unwrap_or_else(|| panic!("no list {key}"));
        list.iter().map(|word| word.as_str().expect("a text")).collect()
    }
}

fn json_of(path: &Path) -> Value {
    let text = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn sha256(content: &[u8]) -> String {
    let hash = digest::digest(&digest::SHA256, content);
    format!("sha256:{}", hex(hash.as_ref()))
}

/// The output of a command that has to succeed.
pub(super) fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}
