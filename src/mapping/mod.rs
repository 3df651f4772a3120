//! What does a case system's record mean? (not built yet: mapping files and the reader they compile to)
