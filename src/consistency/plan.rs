//! How many must be seen: to notice that something is wrong, and to say how much?
//!
//! Cochran, Sampling Techniques (1977), chapter 4; detection is exact, without replacement.

use super::agreement::confidence;
use super::pairs::number;

/// How many of `frame` episodes to moderate so that a share of about `share` is known to within `error` either way at a
/// confidence level such as 0.95. At least 1, at most the whole frame.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bounded by the frame on the line before"
)]
pub fn sample_size(frame: u64, share: f64, error: f64, level: f64) -> u64 {
    if frame == 0 {
        return 0;
    }
    let z = confidence(level);
    let endless = z * z * share * (1.0 - share) / (error * error);
    let size = endless / (1.0 + (endless - 1.0) / number(frame));
    if !size.is_finite() {
        return frame;
    }
    // A hair above a whole number is that number: the quantile is itself rounded.
    let size = (size - 1e-9).ceil().clamp(1.0, number(frame));
    size as u64
}

/// The probability that a sample of `sample` from `frame` holds at least one of `wrong` wrongly graded episodes.
pub fn detection(frame: u64, wrong: u64, sample: u64) -> f64 {
    let (wrong, sample) = (wrong.min(frame), sample.min(frame));
    let mut missed = 1.0;
    for drawn in 0..sample {
        let good = frame.saturating_sub(wrong).saturating_sub(drawn);
        missed *= number(good) / number(frame - drawn);
    }
    1.0 - missed
}
