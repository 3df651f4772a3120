//! What else can a table say of an episode? The columns of lists that few rules read.

use super::*;
use greentick::practice::on_record::Delegated;
use greentick::practice::people::Service;

/// Columns that are set here.
pub(crate) const RARE: &str = "codes number ladder returned delegated holder of_service closed";

impl Case {
    /// One item of a column, its parts between colons.
    pub(crate) fn set_rare(&mut self, column: &str, item: &str, parts: &[&str]) {
        match column {
            "codes" => self.terms.policy.reason_codes.push(item.to_owned()),
            // `rule:key:number`
            "number" => {
                let n = Setting::Number(parts[2].parse().unwrap());
                self.number(parts[0], parts[1], n);
            }
            "ladder" => self.climb(item),
            // A day, and the stage whose step was returned, if it is not the review.
            "returned" => self.episode.deeds.returned.push(Returned {
                to: parts
                    .get(1)
                    .map_or(Stage::PracticeReview, |stage| code(stage)),
                reason: "evidence".to_owned(),
                at: noon(parts[0]),
            }),
            // `worker:from:until`
            "delegated" => self.episode.deeds.delegated.push(Delegated {
                to: parts[0].into(),
                from: noon(parts[1]),
                until: noon(parts[2]),
                by: "W-9".into(),
            }),
            // `worker:role`, by the people file
            "holder" => self.terms.people.holders.push(Holder {
                worker: parts[0].into(),
                role: code(parts[1]),
                from: None,
                until: None,
            }),
            // `service:operational manager`
            "of_service" => self.terms.people.services.push(Service {
                service: parts[0].to_owned(),
                operational_manager: Some(parts[1].into()),
                service_manager: None,
                head: None,
                from: None,
                until: None,
            }),
            "closed" => {
                let said =
                    serde_json::json!({ "by": "W-8", "role": "qa_manager", "at": noon(item) });
                self.episode.deeds.closed = Some(serde_json::from_value(said).unwrap());
            }
            _ => panic!("no column is called `{column}`"),
        }
    }

    /// A single rung on the ladders of all that is waited for, or `none`.
    fn climb(&mut self, item: &str) {
        let rungs: Vec<Rung> = match item {
            "none" => Vec::new(),
            days => vec![Rung {
                working_days: days.parse().unwrap(),
                tell: vec![Role::QaManager],
                flag: false,
            }],
        };
        let policy = &mut self.terms.policy;
        policy.ladder.clone_from(&rungs);
        policy.ladders.practitioner.clone_from(&rungs);
        policy.ladders.kick_off = rungs;
    }
}
