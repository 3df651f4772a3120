//! Is each key of `[auth]` obeyed by its style, or refused?

use super::desk::{compiled, faults, file};

const SESSION: &str = "style = \"session\"\npath = \"/login\"\ntoken = \"ticket\"\n";

fn said(auth: &str) -> String {
    faults(&file("", &format!("[auth]\n{auth}"))).join("\n")
}

#[test]
fn a_key_that_its_style_does_not_look_at_is_refused_with_the_styles_that_do() {
    for (style, key, value) in [
        ("bearer", "value", "\"Token {{ secret }}\""),
        ("basic", "header", "\"X-Key\""),
        ("query\"\nparameter = \"key", "value", "\"{{ secret }}\""),
        ("bearer", "life_seconds", "60"),
        ("bearer", "encoding", "\"base64\""),
        ("header\"\nheader = \"X-Key", "path", "\"/token\""),
    ] {
        let told = said(&format!("style = \"{style}\"\n{key} = {value}\n"));
        let style = style.split('"').next().unwrap();
        let wanted = format!("the style `{style}` does not look at `{key}`; `{key}` is for ");
        assert!(told.contains(&wanted), "{told}");
        assert_eq!(told.lines().count(), 1, "{told}");
    }
    let both = said(&format!(
        "{SESSION}header = \"X-Key\"\nparameter = \"key\"\n"
    ));
    assert!(
        both.contains("in a header or as a parameter, not both"),
        "{both}"
    );
}

#[test]
fn the_value_of_a_token_s_header_knows_the_token_and_no_password() {
    for name in ["token", "secret"] {
        let value = format!("value = \"Pelican {{{{ {name} }}}}\"\n");
        compiled(&file("", &format!("[auth]\n{SESSION}{value}")));
    }
    let told = said(&format!("{SESSION}value = \"{{{{ password }}}}\"\n"));
    assert!(
        told.contains("names `password`, which nothing gives it"),
        "{told}"
    );
}
