//! Can the path of a request stand behind the base address? Told from how it begins, before anything is sent.

use std::collections::BTreeSet;

use super::compile::Desk;

impl Desk<'_> {
    /// The template of a path, which begins with a slash that no value can bring along: values are escaped.
    pub(super) fn address(&mut self, at: &str, written: &str, known: &BTreeSet<&str>) {
        self.template(at, written, known);
        if let Some(message) = begins_badly(written) {
            let help =
                "what follows the base address begins with `/`; write that as it is".to_owned();
            self.fault(at, message, Some(help));
        }
    }
}

/// What is wrong with how a path begins. Behind `{%` nothing can be said, and an address of its own has its scheme.
fn begins_badly(written: &str) -> Option<&'static str> {
    let free = written.is_empty() || written.starts_with(['/', '?']) || written.starts_with("{%");
    if free || written.contains("://") {
        return None;
    }
    Some(if written.starts_with("{{") {
        "the path begins with a value, in which every slash is escaped, so it leads nowhere"
    } else {
        "the path does not begin with a slash, so it would run into the host's name"
    })
}

#[cfg(test)]
mod tests {
    use crate::mapping::Mapping;

    #[test]
    fn a_path_that_runs_into_the_host_is_told_before_it_is_sent() {
        let said = |path: &str| {
            let text = format!(
                "[values]\nservice = \"/work.svc\"\n[feed]\npath = '{path}'\nroot = \"r\"\n[record]\nid = \"i\"\n\
                 [stages]\npath = \"k\"\n[stages.is]\nA = \"practitioner\"\n[[statuses]]\nis = \"started\"\n"
            );
            let faults = Mapping::compile("it.toml", &text).err().unwrap_or_default();
            let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
            faults.join("\n")
        };
        for good in ["/a", "?a", "", "{% if since %}/a{% else %}/b{% endif %}"] {
            assert_eq!(said(good), "", "{good}");
        }
        for (bad, words) in [
            ("{{ service }}?a", "it.toml:4: the path begins with a value"),
            (
                "work.svc",
                "it.toml:4: the path does not begin with a slash",
            ),
        ] {
            assert!(said(bad).contains(words), "{}", said(bad));
        }
    }
}
