//! When is there no number? Then the reason is the answer.

use std::fmt;

/// A number, or why there is none.
pub type Estimate<T> = Result<T, NotEstimable>;

/// Why a figure cannot be had from these data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotEstimable {
    /// There is nothing to count.
    NoItems,
    /// One item shows no spread.
    OneItem,
    /// Everybody gave one and the same grade, so agreement by chance alone would be complete.
    OneGrade,
    /// No item was graded by two people.
    NothingPaired,
    /// They agreed on every item, so there is no disagreement to test.
    NoDisagreement,
    /// The disagreements do not reach from grade to grade, so their balance cannot be tested.
    NotConnected,
    /// A group of the frame has no moderated item.
    GroupUnseen,
    /// Every group has one item, so the spread inside groups cannot be seen.
    OnePerGroup,
    /// All agreed, or none did; an interval by this method needs both.
    AllAlike,
    /// Fewer items than may be shown about a person.
    TooFewPerPerson,
    /// There are fewer than two people or cycles to compare.
    NothingToCompare,
}

impl NotEstimable {
    /// The reason as a sentence begins it: "not estimable: …".
    pub fn words(self) -> &'static str {
        match self {
            Self::NoItems => "there are no items",
            Self::OneItem => "one item shows no spread",
            Self::OneGrade => "only one grade was given",
            Self::NothingPaired => "no item was graded by two people",
            Self::NoDisagreement => "there was no disagreement",
            Self::NotConnected => "the disagreements are too few to compare all grades",
            Self::GroupUnseen => "a group has no moderated item",
            Self::OnePerGroup => "no group has two moderated items",
            Self::AllAlike => "all items came out alike",
            Self::TooFewPerPerson => "fewer than five items",
            Self::NothingToCompare => "there is nothing to compare with",
        }
    }
}

impl fmt::Display for NotEstimable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not estimable: {}", self.words())
    }
}

impl std::error::Error for NotEstimable {}
