//! Are the pages that are made from the rules what the rules say? `config/policy.toml` names every rule with its stance
//! and numbers; `docs/rules.md` goes through the guidance paragraph by paragraph, and leaves none out.
//!
//! `GREENTICK_RENEW=1 cargo test --test pages` writes them anew.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a page that cannot be read fails the test, as it should"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use greentick::practice::rules::{POINTS, ParameterKind, RULES, Rule, Trigger, find};
use greentick::practice::terms::{Stance, WhenUnavailable};
use serde::Deserialize;

/// Holds a file to what it should be, or renews it.
fn hold(file: &str, wanted: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let present = std::fs::read_to_string(&path).unwrap();
    if present == wanted {
        return;
    }
    if std::env::var_os("GREENTICK_RENEW").is_some() {
        std::fs::write(&path, wanted).unwrap();
        return;
    }
    let differs = present
        .lines()
        .zip(wanted.lines())
        .position(|(a, b)| a != b);
    let line = differs.unwrap_or_else(|| present.lines().count().min(wanted.lines().count())) + 1;
    panic!("{file}:{line} is stale; renew it with `GREENTICK_RENEW=1 cargo test --test pages`");
}

/// Lines of at most `width` characters.
fn wrapped(text: &str, width: usize, prefix: &str) -> String {
    let mut out = String::new();
    let mut line = prefix.to_owned();
    for word in text.split(' ') {
        if line.len() > prefix.len() && line.chars().count() + 1 + word.chars().count() > width {
            let _ = writeln!(out, "{}", line.trim_end());
            prefix.clone_into(&mut line);
        }
        if line.len() > prefix.len() {
            line.push(' ');
        }
        line.push_str(word);
    }
    let _ = writeln!(out, "{}", line.trim_end());
    out
}

fn points(paragraphs: &[u8]) -> String {
    let points: Vec<String> = paragraphs.iter().map(|n| format!("¶{n}")).collect();
    points.join(" ")
}

fn word<T: serde::Serialize>(value: T) -> String {
    let value = serde_json::to_value(value).unwrap();
    value.as_str().unwrap().to_owned()
}

/// A parameter's default as TOML.
fn default(kind: ParameterKind) -> String {
    match kind {
        ParameterKind::Number { default, .. } => default.to_string(),
        ParameterKind::Word(words) => format!("\"{}\"", words[0]),
        ParameterKind::Codes(codes) => format!("{codes:?}"),
    }
}

fn in_policy(rule: &Rule) -> String {
    let mut text = wrapped(
        &format!("{} ({}).", rule.title, points(rule.paragraphs)),
        120,
        "# ",
    );
    let _ = writeln!(text, "[rules.\"{}\"]", rule.code);
    let _ = writeln!(text, "stance = \"{}\"", word(rule.stance));
    for parameter in rule.parameters() {
        text += &wrapped(parameter.meaning, 120, "# ");
        let _ = writeln!(text, "{} = {}", parameter.key, default(parameter.kind));
    }
    text
}

/// A file with what stands between its marks made anew.
fn with(file: &str, (begin, end): (&str, &str), made: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let present = std::fs::read_to_string(path).unwrap();
    let (head, rest) = present.split_once(begin).expect("where it begins");
    let (_, tail) = rest.split_once(end).expect("where it ends");
    format!("{head}{begin}{made}{end}{tail}")
}

#[test]
fn the_policy_file_names_every_rule_with_its_stance_and_numbers() {
    let mut rules: Vec<&Rule> = RULES.iter().collect();
    rules.sort_by_key(|rule| rule.code);
    let rules: Vec<String> = rules.into_iter().map(in_policy).collect();
    let marks = ("# BEGIN RULES\n", "# END RULES\n");
    let file = "config/policy.toml";
    hold(file, &with(file, marks, &rules.join("\n")));
}

/// A paragraph of the guidance, as `source_points.toml` has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Paragraph {
    about: String,
    #[serde(default)]
    rule: Vec<String>,
    sample: Option<String>,
    people: Option<String>,
}

fn paragraphs() -> BTreeMap<String, Paragraph> {
    toml::from_str(include_str!("source_points.toml")).unwrap()
}

fn when(trigger: &Trigger) -> String {
    match trigger {
        Trigger::AtFinish(stages, _) => {
            let stages: Vec<&str> = stages.iter().map(|stage| stage.words()).collect();
            match stages.as_slice() {
                [_, _, _, _] => "at Finish of every step".to_owned(),
                stages => format!("at Finish of the {}", stages.join(" and of the ")),
            }
        }
        Trigger::AtAllocation(_) => "when the QA manager allocates".to_owned(),
        Trigger::AtDecision(_) => "when somebody decides it".to_owned(),
        Trigger::ByTime(_) | Trigger::Awaits(_) => "as time passes".to_owned(),
        Trigger::OnSighting(_) => "whenever a step has been seen".to_owned(),
    }
}

/// The ladders that tell of a rule, by the codes that the policy file names over each.
fn ladders(code: &str) -> Vec<String> {
    let policy = include_str!("../config/policy.toml");
    let (_, ladders) = policy.split_once("[ladders]").unwrap();
    let mut said = String::new();
    let mut found = Vec::new();
    for line in ladders
        .lines()
        .take_while(|line| !line.starts_with("[rules"))
    {
        if let Some(comment) = line.strip_prefix('#') {
            said += comment;
        } else if let Some((name, _)) = line.split_once(" = [") {
            if said.contains(code) && !name.starts_with(' ') {
                found.push(format!("`ladders.{name}`"));
            }
            said.clear();
        }
    }
    found
}

fn bullet(text: &mut String, words: &str) {
    let lines = wrapped(words, 120, "  ");
    let _ = write!(text, "- {}", lines.trim_start());
}

fn on_page(rule: &Rule) -> String {
    let codes: Vec<&str> = rule.codes().collect();
    let mut text = wrapped(
        &format!("**{}** {}.", codes.join(", "), rule.title),
        120,
        "",
    );
    text.push('\n');
    let mut default = format!("`{}`, {}", word(rule.stance), when(&rule.trigger));
    if let (Stance::Block, Trigger::AtFinish(..)) = (rule.stance, rule.trigger) {
        default += match rule.when_unavailable {
            WhenUnavailable::Hold => "; held as well when its facts cannot be read",
            WhenUnavailable::AllowProvisional => "; provisional when its facts cannot be read",
        };
        if !rule.overridable {
            default += "; no override lifts it";
        }
    }
    bullet(&mut text, &format!("{default}."));
    bullet(
        &mut text,
        &format!(
            "Asks the {}: \u{201c}{}\u{201d}",
            rule.asks.words(),
            rule.remedy
        ),
    );
    for parameter in rule.parameters() {
        let set = format!(
            "`{} = {}`: {}",
            parameter.key,
            self::default(parameter.kind),
            parameter.meaning
        );
        bullet(&mut text, &set);
    }
    let ladders = ladders(rule.code);
    if !ladders.is_empty() {
        bullet(
            &mut text,
            &format!("Who is told when: {}.", ladders.join(", ")),
        );
    }
    text
}

/// The paragraph under which a rule or point is told: the one its code names, or the first it serves.
fn home(code: &str, serves: &[u8]) -> u8 {
    let named = code
        .strip_prefix("LE-")
        .and_then(|rest| rest.split('.').next());
    let named: u8 = named.and_then(|n| n.parse().ok()).unwrap();
    if serves.contains(&named) {
        named
    } else {
        serves.first().copied().unwrap_or(0)
    }
}

fn of_paragraph(n: u8, paragraph: Option<&Paragraph>) -> String {
    let mut told: Vec<(&str, String)> = Vec::new();
    for rule in RULES
        .iter()
        .filter(|rule| home(rule.code, rule.paragraphs) == n)
    {
        told.push((rule.code, on_page(rule)));
    }
    for point in POINTS
        .iter()
        .filter(|point| home(point.code, point.paragraphs) == n)
    {
        let text = format!(
            "**{}** {}: {}. {}",
            point.code,
            point.title,
            point.disposition.words(),
            point.how
        );
        told.push((point.code, wrapped(&text, 120, "")));
    }
    told.sort();
    let mut text: Vec<String> = told.into_iter().map(|(_, text)| text).collect();
    let Some(paragraph) = paragraph else {
        return text.join("\n");
    };
    let elsewhere: Vec<&str> = paragraph
        .rule
        .iter()
        .map(|code| find(code).unwrap())
        .filter(|rule| home(rule.code, rule.paragraphs) != n)
        .map(|rule| rule.code)
        .collect();
    if !elsewhere.is_empty() {
        text.push(format!("Served as well by {}.\n", elsewhere.join(", ")));
    }
    if let Some(sample) = &paragraph.sample {
        text.push(wrapped(&format!("The sample: {sample}."), 120, ""));
    }
    if let Some(people) = &paragraph.people {
        text.push(wrapped(&format!("Left to people: {people}."), 120, ""));
    }
    text.join("\n")
}

#[test]
fn the_page_of_rules_goes_through_the_guidance() {
    let points = paragraphs();
    let intro = of_paragraph(0, None);
    let mut text = format!("\n## The introduction: in good time, and by invitation\n\n{intro}");
    for n in 1..=29u8 {
        let paragraph = &points[&format!("p{n:02}")];
        let _ = write!(
            text,
            "\n## ¶{n} {}\n\n{}",
            paragraph.about,
            of_paragraph(n, Some(paragraph))
        );
    }
    let file = "docs/rules.md";
    let marks = ("<!-- BEGIN RULES -->\n", "<!-- END RULES -->\n");
    hold(file, &with(file, marks, &text));
}

#[test]
fn every_paragraph_is_kept_by_a_rule_or_left_to_people_with_a_reason() {
    let points = paragraphs();
    assert_eq!(points.len(), 29);
    let mut named = BTreeSet::new();
    for n in 1..=29u8 {
        let paragraph = points
            .get(&format!("p{n:02}"))
            .unwrap_or_else(|| panic!("no ¶{n}"));
        let said = [&paragraph.sample, &paragraph.people];
        let said: Vec<&String> = said.into_iter().flatten().collect();
        assert!(
            !paragraph.rule.is_empty() || !said.is_empty(),
            "¶{n}: say what becomes of it"
        );
        assert!(said.iter().all(|why| why.len() > 10), "¶{n}: say why");
        for code in &paragraph.rule {
            let rule = find(code).unwrap_or_else(|| panic!("¶{n}: no rule {code}"));
            assert!(rule.paragraphs.contains(&n), "{code} does not cite ¶{n}");
            named.insert((rule.code, n));
        }
    }
    for rule in RULES {
        for n in rule.paragraphs {
            assert!(
                named.contains(&(rule.code, *n)),
                "{} cites ¶{n}, which does not list it",
                rule.code
            );
        }
    }
}

/// Every point that was found in the guidance, and under each paragraph how many.
const FOUND: [(u8, u8); 30] = [
    (0, 2),
    (1, 5),
    (2, 3),
    (3, 5),
    (4, 3),
    (5, 3),
    (6, 2),
    (7, 4),
    (8, 3),
    (9, 7),
    (10, 2),
    (11, 2),
    (12, 3),
    (13, 3),
    (14, 1),
    (15, 3),
    (16, 4),
    (17, 1),
    (18, 2),
    (19, 1),
    (20, 1),
    (21, 1),
    (22, 2),
    (23, 1),
    (24, 1),
    (25, 3),
    (26, 4),
    (27, 5),
    (28, 3),
    (29, 6),
];

#[test]
fn every_point_found_in_the_guidance_is_a_rule_or_said_to_be_none() {
    let told = |code: &str| find(code).is_some() || POINTS.iter().any(|point| point.code == code);
    for (n, count) in FOUND {
        for nth in 1..=count {
            let code = format!("LE-{n:02}.{nth}");
            assert!(told(&code), "{code} is nowhere");
        }
    }
}

#[test]
fn a_point_of_the_guidance_is_judged_or_said_to_be_none_never_both() {
    for point in POINTS {
        assert!(find(point.code).is_none(), "{} is a rule", point.code);
        assert!(
            point.paragraphs.iter().all(|n| (1..=29).contains(n)),
            "{}",
            point.code
        );
        assert!(
            point.how.ends_with('.') && !point.title.ends_with('.'),
            "{}",
            point.code
        );
    }
    let codes: BTreeSet<&str> = POINTS.iter().map(|point| point.code).collect();
    assert_eq!(codes.len(), POINTS.len(), "a point stands twice");
}
