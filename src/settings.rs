//! What did the council configure? (not built yet: the file, its defaults and every fault at once)
