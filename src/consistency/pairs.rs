//! Who gave which grade beside whom? One count for each pair of grades, lowest grade first.

use super::estimate::{Estimate, NotEstimable};
use super::units::Units;

/// Items graded by two people: row the first's grade, column the second's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pairs {
    grades: usize,
    counts: Vec<u64>,
}

impl Pairs {
    /// No items yet, for grades `0..grades`, lowest first.
    pub fn new(grades: usize) -> Self {
        Self {
            grades,
            counts: vec![0; grades * grades],
        }
    }

    /// From whole counts, row by row; a row that is short or long is cut or filled with nothing.
    pub fn of(rows: &[Vec<u64>]) -> Self {
        let mut pairs = Self::new(rows.len());
        for (first, row) in rows.iter().enumerate() {
            for (second, count) in row.iter().enumerate() {
                pairs.add_many(first, second, *count);
            }
        }
        pairs
    }

    /// One more item. A grade that is none of the scale is not counted.
    pub fn add(&mut self, first: usize, second: usize) {
        self.add_many(first, second, 1);
    }

    fn add_many(&mut self, first: usize, second: usize, many: u64) {
        if first < self.grades
            && second < self.grades
            && let Some(count) = self.counts.get_mut(first * self.grades + second)
        {
            *count += many;
        }
    }

    /// How many grades the scale has.
    pub fn grades(&self) -> usize {
        self.grades
    }

    /// How many items have these two grades.
    pub fn count(&self, first: usize, second: usize) -> u64 {
        if first >= self.grades || second >= self.grades {
            return 0;
        }
        let at = first * self.grades + second;
        self.counts.get(at).copied().unwrap_or(0)
    }

    /// How many items.
    pub fn items(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Every cell: both grades and the count.
    pub fn cells(&self) -> impl Iterator<Item = (usize, usize, u64)> + '_ {
        let grades = self.grades;
        let pairs =
            (0..grades).flat_map(move |first| (0..grades).map(move |second| (first, second)));
        pairs.map(|(first, second)| (first, second, self.count(first, second)))
    }

    /// How often the first gave each grade.
    pub fn firsts(&self) -> Vec<u64> {
        let row = |first| {
            (0..self.grades)
                .map(|second| self.count(first, second))
                .sum()
        };
        (0..self.grades).map(row).collect()
    }

    /// How often the second gave each grade.
    pub fn seconds(&self) -> Vec<u64> {
        let column = |second| {
            (0..self.grades)
                .map(|first| self.count(first, second))
                .sum()
        };
        (0..self.grades).map(column).collect()
    }

    /// The number of items, if there are any.
    pub(super) fn some(&self) -> Estimate<f64> {
        match self.items() {
            0 => Err(NotEstimable::NoItems),
            items => Ok(number(items)),
        }
    }

    /// The same without the grades that neither gave.
    pub(super) fn used(&self) -> Self {
        let (firsts, seconds) = (self.firsts(), self.seconds());
        let margins = firsts.iter().zip(&seconds);
        let used: Vec<usize> = margins
            .enumerate()
            .filter(|(_, (first, second))| **first + **second > 0)
            .map(|(grade, _)| grade)
            .collect();
        let row = |first: &usize| {
            used.iter()
                .map(|second| self.count(*first, *second))
                .collect()
        };
        Self::of(&used.iter().map(row).collect::<Vec<_>>())
    }

    /// The same items, each with its two grades and without saying who gave which.
    pub fn units(&self) -> Units {
        let mut units = Units::new(self.grades);
        for (first, second, count) in self.cells() {
            for _ in 0..count {
                units.add(&[first, second]);
            }
        }
        units
    }
}

/// A count as a number to reckon with; exact up to 2^53.
#[allow(
    clippy::cast_precision_loss,
    reason = "counts of episodes stay far below 2^53"
)]
pub(super) fn number(count: u64) -> f64 {
    count as f64
}
