//! A kubeconfig that leads to the simulated cluster, for as long as it is there.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::DemoError;

/// The file; it is removed with this value.
#[derive(Debug)]
pub(super) struct Kubeconfig {
    path: PathBuf,
}

impl Kubeconfig {
    /// Writes one for the server at `address`, into the system's folder for temporary files.
    pub(super) fn write(address: SocketAddr, name: &str) -> Result<Self, DemoError> {
        let file = format!("kimager-demo-{}-{}.kubeconfig", std::process::id(), address.port());
        let path = std::env::temp_dir().join(file);
        let text = text(address, name);
        // Only a new file: a link that somebody has put there is not followed.
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        match options.open(&path).and_then(|mut file| file.write_all(text.as_bytes())) {
            Ok(()) => Ok(Self { path }),
            Err(cause) => Err(DemoError::Kubeconfig { path: path.display().to_string(), cause }),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Kubeconfig {
    fn drop(&mut self) {
        // It leads nowhere any more, and the system clears its folder in the end.
        let _ = fs::remove_file(&self.path);
    }
}

/// JSON, which is YAML too.
fn text(address: SocketAddr, name: &str) -> String {
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{ "name": name, "cluster": { "server": format!("http://{address}") } }],
        "users": [{ "name": name, "user": {} }],
        "contexts": [{ "name": name, "context": { "cluster": name, "user": name } }],
        "current-context": name,
    });
    format!("{config:#}\n")
}

#[cfg(test)]
mod tests {
    use super::Kubeconfig;

    #[test]
    fn it_leads_to_the_server_and_goes_with_its_value() {
        let kubeconfig = Kubeconfig::write(([127, 0, 0, 1], 65_000).into(), "demo").unwrap();
        let path = kubeconfig.path().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("http://127.0.0.1:65000") && text.contains("\"current-context\": \"demo\""));
        drop(kubeconfig);
        assert!(!path.exists());
    }
}
