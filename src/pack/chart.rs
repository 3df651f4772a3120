//! What do the figures look like? Small SVG pictures, each with the words that say the same.
//!
//! A picture is never the only place where a number stands: its table is beside it. No colour carries meaning alone.

use std::fmt::Write as _;

use super::figures::words;
use super::material::Material;
use crate::consistency::{PChart, Pairs, Share};
use crate::sampling::Grade;

/// A picture and its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// What it is, as its accessible name.
    pub title: String,
    /// What it shows, in words.
    pub described: String,
    /// What stands inside the `svg` element.
    pub body: String,
    /// Its height; all are 640 wide.
    pub height: u32,
}

const INK: &str = "#0b0c0c";
const LINE: &str = "#505a5f";
const MARK: &str = "#00513b";

/// A point of a row of cycles: its name, its share and the range around it.
struct Point {
    name: String,
    share: f64,
    range: Option<(f64, f64)>,
    items: u64,
}

impl Chart {
    /// Grade by moderated grade.
    pub(super) fn grades(pairs: &Pairs) -> Self {
        let most = pairs
            .cells()
            .map(|(.., count)| count)
            .max()
            .unwrap_or(0)
            .max(1);
        let mut body = String::new();
        let (left, top, wide, high) = (170.0, 58.0, 112.0, 38.0);
        text(
            &mut body,
            left + 2.0 * wide,
            14.0,
            "middle",
            "Moderated grade",
        );
        for (column, grade) in Grade::ALL.iter().enumerate() {
            // The longest name would run into its neighbours on one line.
            let x = left + (place(column) + 0.5) * wide;
            let (first, second) = words(*grade).split_once(' ').unwrap_or(("", words(*grade)));
            text(&mut body, x, 34.0, "middle", first);
            text(&mut body, x, 50.0, "middle", second);
        }
        for (row, grade) in Grade::ALL.iter().enumerate() {
            let y = top + place(row) * high;
            text(
                &mut body,
                left - 10.0,
                y + high / 2.0 + 5.0,
                "end",
                words(*grade),
            );
            for column in 0..Grade::ALL.len() {
                let count = pairs.count(row, column);
                let x = left + place(column) * wide;
                let depth = if count == 0 {
                    0.0
                } else {
                    0.08 + 0.3 * ratio(count, most)
                };
                let edge = if row == column { 2.5 } else { 0.75 };
                let _ = write!(
                    body,
                    "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"{high:.1}\" fill=\"{MARK}\" \
                     fill-opacity=\"{depth:.2}\" stroke=\"{LINE}\" stroke-width=\"{edge}\"/>"
                );
                text(
                    &mut body,
                    x + wide / 2.0,
                    y + high / 2.0 + 5.0,
                    "middle",
                    &count.to_string(),
                );
            }
        }
        let exact = pairs.exact();
        Self {
            title: "Grade by moderated grade".to_owned(),
            described: format!(
                "Rows are the reviewer\u{2019}s grade, columns the moderated grade, each cell the number of episodes. {} of {} \
                 lie on the diagonal, where both grades are the same.",
                exact.count, exact.items
            ),
            body,
            height: 216,
        }
    }

    /// Agreement in this cycle and those before.
    pub(super) fn agreement(material: &Material<'_>, now: Share) -> Self {
        let past = material.past.iter().map(|past| {
            let share = Share {
                count: past.agreed,
                items: past.moderated,
            };
            (past.cycle.clone(), share)
        });
        let own = (material.certificate.cycle.clone(), now);
        let points: Vec<Point> = past
            .chain([own])
            .filter_map(|(name, share)| {
                Some(Point {
                    name,
                    share: share.value().ok()?,
                    range: share.wilson(0.95).ok().map(|range| (range.low, range.high)),
                    items: share.items,
                })
            })
            .collect();
        Self::row(
            "Agreement over cycles",
            "Share of moderated episodes with the same grade twice, with its 95% range.",
            &points,
            None,
        )
    }

    /// The share of Good and Outstanding in each cycle, between its control limits.
    pub(super) fn drift(chart: &PChart) -> Self {
        let point = |point: &crate::consistency::PPoint| {
            Some(Point {
                name: point.name.clone(),
                share: point.share.ok()?,
                range: Some((point.low, point.high)),
                items: point.items,
            })
        };
        let points: Vec<Point> = chart.points.iter().filter_map(point).collect();
        Self::row(
            "Share of Good and Outstanding over cycles",
            "Each dot is a cycle; the bar is what chance alone would give for so many grades.",
            &points,
            Some(chart.centre),
        )
    }

    fn row(title: &str, what: &str, points: &[Point], centre: Option<f64>) -> Self {
        let (left, right, top, bottom) = (56.0, 624.0, 16.0, 176.0);
        let y = |share: f64| bottom - (bottom - top) * share.clamp(0.0, 1.0);
        let mut body = String::new();
        for tenth in [0_u32, 25, 50, 75, 100] {
            let at = y(f64::from(tenth) / 100.0);
            let _ = write!(
                body,
                "<line x1=\"{left}\" y1=\"{at:.1}\" x2=\"{right}\" y2=\"{at:.1}\" stroke=\"{LINE}\" stroke-width=\"0.5\"/>"
            );
            text(&mut body, left - 8.0, at + 4.0, "end", &format!("{tenth}%"));
        }
        if let Some(centre) = centre {
            let at = y(centre);
            let _ = write!(
                body,
                "<line x1=\"{left}\" y1=\"{at:.1}\" x2=\"{right}\" y2=\"{at:.1}\" stroke=\"{MARK}\" stroke-width=\"1.5\" \
                 stroke-dasharray=\"6 4\"/>"
            );
        }
        let step = (right - left) / place(points.len().max(1));
        let mut said = Vec::new();
        for (number, point) in points.iter().enumerate() {
            let x = left + (place(number) + 0.5) * step;
            if let Some((low, high)) = point.range {
                let _ = write!(
                    body,
                    "<line x1=\"{x:.1}\" y1=\"{:.1}\" x2=\"{x:.1}\" y2=\"{:.1}\" stroke=\"{INK}\" stroke-width=\"2\"/>",
                    y(low),
                    y(high)
                );
            }
            let _ = write!(
                body,
                "<circle cx=\"{x:.1}\" cy=\"{:.1}\" r=\"5\" fill=\"{MARK}\" stroke=\"#fff\" stroke-width=\"1\"/>",
                y(point.share)
            );
            text(&mut body, x, bottom + 18.0, "middle", &point.name);
            text(
                &mut body,
                x,
                bottom + 34.0,
                "middle",
                &format!("n={}", point.items),
            );
            said.push(format!(
                "{}: {:.0}% of {}",
                point.name,
                point.share * 100.0,
                point.items
            ));
        }
        Self {
            title: title.to_owned(),
            described: format!("{what} {}.", said.join("; ")),
            body,
            height: 216,
        }
    }
}

fn text(body: &mut String, x: f64, y: f64, anchor: &str, words: &str) {
    let _ = write!(
        body,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" font-size=\"13\" fill=\"{INK}\">{}</text>",
        escaped(words)
    );
}

/// Text as XML shows it.
fn escaped(words: &str) -> String {
    let mut safe = String::with_capacity(words.len());
    for sign in words.chars() {
        match sign {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            sign if sign.is_control() => safe.push(' '),
            sign => safe.push(sign),
        }
    }
    safe
}

fn place(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

fn ratio(count: u64, of: u64) -> f64 {
    let part = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    part(count) / part(of.max(1))
}
