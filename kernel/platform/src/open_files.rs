//! How many files this process may have open, and how to tell that it is short of those, of memory or of disk space.

use nix::{
    errno::Errno,
    sys::resource::{Resource, getrlimit, setrlimit},
};
use std::{fs::File, io};

/// Errors of the system that say that this machine or process is short of something: a file handle of the process,
/// one of the machine, memory, buffers, space on a disk. Whoever is called is not to blame.
const SHORTAGES: [Errno; 6] =
    [Errno::EMFILE, Errno::ENFILE, Errno::ENOMEM, Errno::ENOBUFS, Errno::ENOSPC, Errno::EDQUOT];

/// Whether an error says that this machine or process is short of something.
pub fn is_shortage(error: &io::Error) -> bool {
    error.raw_os_error().is_some_and(|code| SHORTAGES.contains(&Errno::from_raw(code)))
}

/// Whether no file can be opened any more, for a fault that does not say so itself, such as that of a look-up.
pub fn are_used_up() -> bool {
    File::open("/dev/null").is_err_and(|error| is_shortage(&error))
}

/// How many files (connections are files) this process may have open. `u64::MAX`: as many as it likes.
pub fn limit() -> u64 {
    getrlimit(Resource::RLIMIT_NOFILE).map_or(u64::MAX, |(soft, _)| soft)
}

/// Lets this process have as many files open as the system allows it, and not as many as it proposes. It stays with
/// the proposal where the system refuses. Returns [`limit`] as it is then.
pub fn raise_limit() -> u64 {
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < hard
    {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
    limit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortage_is_told_from_a_fault_of_others() {
        for ours in [Errno::EMFILE, Errno::ENFILE, Errno::ENOMEM, Errno::ENOSPC] {
            assert!(is_shortage(&ours.into()), "{ours}");
        }
        for theirs in [Errno::ECONNREFUSED, Errno::ECONNRESET, Errno::ETIMEDOUT, Errno::ENETUNREACH] {
            assert!(!is_shortage(&theirs.into()), "{theirs}");
        }
        assert!(!is_shortage(&io::Error::other("too many")));
        assert!(!are_used_up());
    }
}
