//! Memory follows what exists, not what was.
