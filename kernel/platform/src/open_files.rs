//! The limit of open files, and the detection of exhausted files, memory or disk space.

use nix::{
    errno::Errno,
    sys::resource::{Resource, getrlimit, setrlimit},
};
use std::{fs::File, io};

/// System errors that mean a shortage on this machine: file handles (of the process or the system), memory, buffers,
/// disk space. The called server is not to blame.
const SHORTAGES: [Errno; 6] =
    [Errno::EMFILE, Errno::ENFILE, Errno::ENOMEM, Errno::ENOBUFS, Errno::ENOSPC, Errno::EDQUOT];

/// Whether an error means a shortage on this machine.
pub fn is_shortage(error: &io::Error) -> bool {
    error.raw_os_error().is_some_and(|code| SHORTAGES.contains(&Errno::from_raw(code)))
}

/// Whether no more files can be opened; for errors that do not say so, such as those of DNS lookups.
pub fn are_used_up() -> bool {
    File::open("/dev/null").is_err_and(|error| is_shortage(&error))
}

/// The limit of open files (connections are files). `u64::MAX`: unlimited.
pub fn limit() -> u64 {
    getrlimit(Resource::RLIMIT_NOFILE).map_or(u64::MAX, |(soft, _)| soft)
}

/// Raises the soft limit of open files to the hard limit, if the system allows it. Returns the resulting [`limit`].
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
