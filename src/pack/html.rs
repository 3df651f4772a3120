//! What does the pack look like in a browser and on paper? One accessible page without script.

use askama::Template;

use super::figures::Pack;
use super::sheet::Section;

#[derive(Template)]
#[template(path = "pack.html")]
struct Page<'a> {
    pack: &'a Pack,
    body: Vec<&'a Section>,
    appendix: Vec<&'a Section>,
}

impl Pack {
    /// The page, complete in itself.
    ///
    /// # Errors
    /// When the template cannot be filled, which its own test rules out.
    pub fn html(&self) -> Result<String, askama::Error> {
        let of = |appendix: bool| {
            self.sections
                .iter()
                .filter(move |it| it.appendix == appendix)
        };
        Page {
            pack: self,
            body: of(false).collect(),
            appendix: of(true).collect(),
        }
        .render()
    }
}
