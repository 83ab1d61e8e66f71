//! Who makes a commit.

use git2::Signature;

use super::{GitState, Unhonoured};
use crate::error::{self, Result};

impl GitState {
    /// The author and the committer, from the `GIT_AUTHOR_*` and `GIT_COMMITTER_*` variables and the
    /// configuration.
    ///
    /// # Errors
    /// Refuses if either has no name or no address.
    pub(crate) fn signatures(&self) -> Result<(Signature<'static>, Signature<'static>)> {
        let none = |cause: git2::Error| error::git::no_identity(cause.message());
        let author = self.repo.author_from_env().map_err(none)?;
        let committer = self.repo.committer_from_env().map_err(none)?;
        Ok((author, committer))
    }

    /// Checks that there are an author and a committer, the way in which the commit would find them.
    pub(super) fn check_identity(&self, unhonoured: &[Unhonoured]) -> Result<()> {
        if unhonoured.is_empty() {
            return self.signatures().map(|_| ());
        }
        for who in ["GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"] {
            // Git guesses an address from the host's name; as with the library, that is not taken for one.
            let output = self.run(&["-c", "user.useConfigOnly=true", "var", who], None, unhonoured)?;
            if !output.success {
                return Err(error::git::no_identity(output.text().trim()));
            }
        }
        Ok(())
    }
}
