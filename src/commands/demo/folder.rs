//! A folder for a kubeconfig that leads to the simulated cluster, and for its record, for as long as
//! it is there.

use std::fs::{self, DirBuilder};
use std::net::SocketAddr;
use std::path::PathBuf;

use super::DemoError;
use crate::simulation::kubeconfig;

/// The folder; it is removed with this value.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes one for the server at `address`, in the system's folder for temporary files.
    pub(super) fn make(address: SocketAddr, name: &str) -> Result<Self, DemoError> {
        let folder = format!("kimager-demo-{}-{}", std::process::id(), address.port());
        let path = std::env::temp_dir().join(folder);
        let failed = |cause| DemoError::Folder { path: path.display().to_string(), cause };
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        // Only a new one: a link that somebody has put there is not followed.
        builder.create(&path).map_err(failed)?;
        let folder = Self { path: path.clone() };
        fs::write(folder.kubeconfig(), kubeconfig(address, name)).map_err(failed)?;
        Ok(folder)
    }

    pub(super) fn kubeconfig(&self) -> PathBuf {
        self.path.join("kubeconfig")
    }

    pub(super) fn record(&self) -> PathBuf {
        self.path.join("record.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // It leads nowhere any more, and the system clears its folder in the end.
        let _ = fs::remove_dir_all(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::Folder;

    #[test]
    fn it_leads_to_the_server_and_goes_with_its_value() {
        let folder = Folder::make(([127, 0, 0, 1], 65_000).into(), "demo").unwrap();
        let path = folder.path.clone();
        let text = std::fs::read_to_string(folder.kubeconfig()).unwrap();
        assert!(text.contains("http://127.0.0.1:65000") && text.contains("\"current-context\": \"demo\""));
        std::fs::write(folder.record(), "a record").unwrap();
        assert!(Folder::make(([127, 0, 0, 1], 65_000).into(), "demo").is_err(), "it is taken");
        drop(folder);
        assert!(!path.exists());
    }
}
