//! Where a record lies that nobody named.

use std::fs::DirBuilder;
use std::path::{Path, PathBuf};

use super::error::RecordError;

/// In a container with the pod's own account: where its volume is mounted.
const IN_CLUSTER: &str = "/var/lib/kimager/kimager.db";

/// Characters of the identity that tell clusters of one name apart.
const IDENTITY_LENGTH: usize = 8;

/// A longer name is cut: names of files end at 255 bytes.
const NAME_LENGTH: usize = 100;

/// The user's folders, as the environment names them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folders {
    /// `$XDG_STATE_HOME`; only an absolute path counts, as its specification says
    /// (<https://specifications.freedesktop.org/basedir-spec/latest/>).
    pub state: Option<PathBuf>,
    /// The user's home.
    pub home: Option<PathBuf>,
}

impl Folders {
    /// Those of this process.
    #[must_use]
    pub fn of_process() -> Self {
        Self { state: std::env::var_os("XDG_STATE_HOME").map(PathBuf::from), home: std::env::home_dir() }
    }

    /// The file for a cluster of this name and identity: `kimager/NAME-IDENTITY.db` in the folder for
    /// what programs remember. `None` where there is no such folder.
    #[must_use]
    pub fn record_of(&self, name: &str, identity: &str) -> Option<PathBuf> {
        let is_usable = |folder: &&PathBuf| folder.is_absolute();
        let folder = match self.state.as_ref().filter(is_usable) {
            Some(state) => state.clone(),
            None => self.home.as_ref().filter(is_usable)?.join(".local/state"),
        };
        // A name may hold anything: `arn:aws:eks:…/prod`, `..`, a line feed.
        let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let name: String =
            name.chars().map(|c| if is_plain(&c) { c } else { '_' }).take(NAME_LENGTH).collect();
        let identity = identity.get(..IDENTITY_LENGTH).unwrap_or(identity);
        Some(folder.join("kimager").join(format!("{name}-{identity}.db")))
    }
}

/// The file of a cluster whose record nobody named. `is_own`: kimager runs in it.
///
/// # Errors
/// [`RecordError::NoPlace`].
pub fn usual(folders: &Folders, name: &str, identity: &str, is_own: bool) -> Result<PathBuf, RecordError> {
    if is_own {
        return Ok(IN_CLUSTER.into());
    }
    folders.record_of(name, identity).ok_or_else(|| RecordError::NoPlace { cluster: name.to_owned() })
}

/// Makes a folder for records, for its owner alone, if it is not there.
///
/// # Errors
/// [`RecordError::MakeFolder`].
pub fn make_folder(folder: &Path) -> Result<(), RecordError> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let made = builder.recursive(true).create(folder);
    made.map_err(|cause| RecordError::MakeFolder { folder: folder.to_owned(), cause })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Folders, IN_CLUSTER, make_folder, usual};

    #[test]
    fn a_record_lies_where_programs_keep_what_they_remember() {
        let check = |state: &str, home: &str, name: &str, expected: Option<&str>| {
            let folder = |text: &str| (!text.is_empty()).then(|| text.into());
            let folders = Folders { state: folder(state), home: folder(home) };
            let found = folders.record_of(name, "0123456789abcdef");
            assert_eq!(found.as_deref(), expected.map(Path::new), "{state} {home} {name}");
        };
        check("/s", "/h", "prod", Some("/s/kimager/prod-01234567.db"));
        check("", "/h", "prod", Some("/h/.local/state/kimager/prod-01234567.db"));
        check("relative", "/h", "prod", Some("/h/.local/state/kimager/prod-01234567.db"));
        check("", "", "prod", None);
        check("/s", "", "arn:aws:eks/../\n", Some("/s/kimager/arn_aws_eks_..__-01234567.db"));
        check("/s", "", &"é".repeat(300), Some(&*format!("/s/kimager/{}-01234567.db", "_".repeat(100))));
    }

    #[test]
    fn in_a_cluster_of_its_own_the_record_lies_on_the_volume_and_without_a_home_nowhere() {
        let folders = Folders { state: Some("/s".into()), home: None };
        let found = |folders, is_own| usual(folders, "prod", "0123456789abcdef", is_own);
        assert_eq!(found(&folders, true).unwrap(), Path::new(IN_CLUSTER));
        assert_eq!(found(&folders, false).unwrap(), Path::new("/s/kimager/prod-01234567.db"));
        assert!(found(&Folders::default(), false).is_err());
    }

    #[test]
    fn a_folder_is_made_with_those_above_it_and_one_that_is_there_stays() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().join("a/b");
        make_folder(&folder).unwrap();
        make_folder(&folder).unwrap();
        assert!(folder.is_dir());
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&folder.metadata().unwrap().permissions());
            assert_eq!(mode & 0o777, 0o700, "for its owner alone");
        }
    }
}
