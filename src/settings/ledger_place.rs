//! Which file does a ledger's URL name, wherever a command is given?

use std::path::{Path, PathBuf};

/// The URL with its whole path, if it names a file by a relative one: that starts at `folder`. Every other URL stays as
/// it is.
#[must_use]
pub fn whole(url: &str, folder: &Path) -> String {
    let Some((name, options)) = parts(url) else {
        return url.to_owned();
    };
    // `absolute` refuses an empty path, and a file beside the settings has an empty folder.
    let folder = Path::new(".").join(folder);
    match std::path::absolute(folder) {
        Ok(folder) if Path::new(name).is_relative() => {
            let folder = folder.to_string_lossy();
            let folder = folder.replace('%', "%25").replace('?', "%3F");
            let path = Path::new(&folder).join(name);
            format!("sqlite:{}{options}", path.display())
        }
        _ => url.to_owned(),
    }
}

/// The folder that a ledger's file lies in; none for a server and for one in memory.
pub(super) fn folder(url: &str) -> Option<PathBuf> {
    let (name, _) = parts(url)?;
    let name = name.replace("%3F", "?").replace("%25", "%");
    Path::new(&name).parent().map(Path::to_path_buf)
}

/// The file that a URL names, and what follows it; none if it names no file.
fn parts(url: &str) -> Option<(&str, &str)> {
    let rest = url.strip_prefix("sqlite:")?;
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let (name, options) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
    (!name.is_empty() && name != ":memory:").then_some((name, options))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_file_starts_at_the_folder_and_all_else_stays() {
        let at = |url| whole(url, Path::new("/etc/green?tick"));
        assert_eq!(at("sqlite:a/b.db"), "sqlite:/etc/green%3Ftick/a/b.db");
        assert_eq!(
            at("sqlite://b.db?mode=ro"),
            "sqlite:/etc/green%3Ftick/b.db?mode=ro"
        );
        for stays in ["sqlite:/var/b.db", "sqlite::memory:", "postgres://h/b"] {
            assert_eq!(at(stays), stays);
        }
        assert_eq!(
            folder("sqlite:/etc/green%3Ftick/b.db"),
            Some("/etc/green?tick".into())
        );
        assert_eq!(folder("postgres://h/b"), None);
    }
}
