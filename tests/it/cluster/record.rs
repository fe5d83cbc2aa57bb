//! Record files that go away with their test.

use std::path::PathBuf;

use tempfile::TempDir;

/// Where a record may be kept; nothing is there at first.
pub(crate) struct RecordFile {
    path: PathBuf,
    _folder: TempDir,
}

impl RecordFile {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        Self { path: folder.path().join("record.db"), _folder: folder }
    }

    /// As an argument.
    pub(crate) fn path(&self) -> &str {
        self.path.to_str().expect("a path in UTF-8")
    }
}
