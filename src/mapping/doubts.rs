//! What of a mapping is allowed and worth a second look? Told by `check`, and no fault.

use super::compile::Mapping;
use super::facts::Spot;
use super::path::{Condition, Move, Name, Path};
use crate::practice::episode::Stage;
use crate::shape::{self, Fault};

impl Mapping {
    /// Stages that no record comes to, if there are any: a council may hold some elsewhere.
    pub fn unreached(&self) -> Option<Fault> {
        let never: Vec<&str> = self.never().into_iter().map(Stage::words).collect();
        let (file, text) = &self.file;
        let lines = shape::compare(text, &shape::manual(super::MANUAL, "")).lines;
        let message = format!(
            "worth a look: no type leads to the {}, so these steps never begin and their rules are not judged",
            never.join(" or the ")
        );
        (!never.is_empty()).then(|| Fault::at(file, lines.of("stages.is"), message))
    }

    /// Facts whose elements are picked by the very value that is read of them: where nobody has answered yet no element
    /// is found, so that what is blank is taken for not known, and a row without an answer for none.
    pub fn doubts(&self) -> Vec<Fault> {
        let (file, text) = &self.file;
        let lines = shape::compare(text, &shape::manual(super::MANUAL, "")).lines;
        let mut doubts = Vec::new();
        for (fact, place) in &self.facts {
            for answer in &place.answers {
                let to_answer = answer.at.as_ref().map_or(&[][..], |at| &at.moves);
                let mut spots = answer.values.iter();
                let Some(by) = spots.find_map(|spot| picked_by_itself(to_answer, spot)) else {
                    continue;
                };
                let key = format!("facts.{}.path", fact.name());
                let message = format!(
                    "worth a look: `{key}` picks by the value at `{by}`, which is the answer itself, so that one which is \
                     blank is taken for not known"
                );
                let doubt = Fault::at(file, lines.of(&key), message)
                    .help("pick it by what stands there in any case, such as the question's code");
                if !doubts.contains(&doubt) {
                    doubts.push(doubt);
                }
            }
        }
        doubts
    }
}

/// The path of the condition that compares what is read, if there is one. A row's key is no answer.
fn picked_by_itself(to_answer: &[Move], spot: &Spot) -> Option<String> {
    let picked = [to_answer, spot.path.moves.as_slice()].concat();
    let here = Path {
        attribute: spot.path.attribute.clone(),
        ..Path::default()
    };
    let columns = spot.columns.iter();
    let columns = columns.filter(|(name, _)| name.as_str() != "key");
    let mut read: Vec<&Path> = columns.map(|(_, column)| column).collect();
    if spot.columns.is_empty() {
        read.push(&here);
    }
    read.into_iter().find_map(|value| {
        let moves = [picked.as_slice(), value.moves.as_slice()].concat();
        picked.iter().enumerate().find_map(|(index, step)| {
            let rest = moves.get(index + 1..)?;
            step.conditions
                .iter()
                .find_map(|condition| match condition {
                    Condition::Is { at, .. } if leads_there(at, rest, value.attribute.as_ref()) => {
                        Some(at.written.clone())
                    }
                    _ => None,
                })
        })
    })
}

fn leads_there(at: &Path, rest: &[Move], attribute: Option<&Name>) -> bool {
    at.moves == rest && at.attribute.as_ref() == attribute
}

#[cfg(test)]
mod tests {
    use crate::mapping::Mapping;

    /// What is worth a look in a mapping with these facts.
    fn said(facts: &str) -> String {
        let text = format!(
            "[feed]\npath = \"/\"\nroot = \"r\"\n[record]\nid = \"i\"\n[stages]\npath = \"k\"\n[stages.is]\n\
             A = \"practice_review\"\n[[statuses]]\nis = \"started\"\n[forms.f]\npath = \"form\"\n\
             question = \"answer[@q='{{}}']\"\n{facts}"
        );
        let mapping = Mapping::compile("it.toml", &text).unwrap();
        let doubts = mapping.doubts();
        let lines: Vec<String> = doubts.iter().map(ToString::to_string).collect();
        lines.join("\n")
    }

    #[test]
    fn what_is_picked_by_its_own_value_is_worth_a_look() {
        for (facts, by) in [
            (
                "[facts.observation]\npath = \"answer[option/id^='700']\"\nkey = \"@q\"\ncode = \"option/id\"\n",
                "`option/id`",
            ),
            ("[facts.evaluation]\npath = \"answer[.^='G']\"\n", "`.`"),
            (
                "[facts.evaluation]\nform = \"f\"\nquestion = \"grade\"\npath = \"choice[@v^='G']/@v\"\n",
                "`@v`",
            ),
            (
                "[facts.evaluation]\npath = \"answer[choice/code='good'|'poor']/choice/code\"\n",
                "`choice/code`",
            ),
        ] {
            let told = said(facts);
            let line = 15
                + facts
                    .lines()
                    .position(|line| line.starts_with("path"))
                    .unwrap();
            let begins = format!("it.toml:{line}: worth a look");
            assert!(
                told.starts_with(&begins) && told.contains(by),
                "{facts}: {told}"
            );
        }
    }

    #[test]
    fn what_is_picked_by_its_question_is_let_be() {
        for facts in [
            "[facts.observation]\npath = \"answer[@q^='comp.']\"\nkey = \"@q\"\ncode = \".\"\n",
            "[facts.observation]\npath = \"row[kind='comp']\"\nkey = \"kind\"\ncode = \"level\"\n",
            "[facts.evaluation]\npath = \"answer[code^='grade']/value/code\"\n",
            "[facts.evaluation]\nform = \"f\"\nquestion = \"grade\"\npath = \".\"\n",
        ] {
            assert_eq!(said(facts), "", "{facts}");
        }
    }
}
