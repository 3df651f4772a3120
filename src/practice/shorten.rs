//! How is a text cut to what the case system takes? What is lacking is shortened, "and 3 more"; what to do, whom it is
//! for and the rule stay.

/// How each sentence begins that says what to do after a list, or whom a text is for.
const AFTER_THE_LIST: [&str; 10] = [
    " Decide whether to open it again.",
    " Have step ",
    " Finish it now, or ",
    " Finish it by then, or ",
    " Talk with the supervisor and ",
    " For the attention of: ",
    " Reached as: ",
    " In place of the ",
    " Rule ",
    " Guidance: ",
];

/// What begins a list whose items are sentences.
const STILL_MISSING: &str = " Still missing:";

/// The text in at most `room` characters. Where not even its end has room, it is cut as it comes.
pub(super) fn shorten(text: &str, room: usize) -> String {
    let cut = |text: &str, room: usize| text.chars().take(room).collect::<String>();
    if length(text) <= room {
        return text.to_owned();
    }
    let starts = item_starts(text);
    let after = starts.last().copied().unwrap_or(0);
    let (list, end) = text.split_at(end_start(text, after));
    let Some(left) = room.checked_sub(length(end)) else {
        return cut(text, room);
    };
    for kept in (0..starts.len()).rev() {
        let head = starts.get(kept).and_then(|start| list.get(..*start));
        let more = format!(" And {} more.", starts.len() - kept);
        if let Some(head) = head
            && length(head) + length(&more) <= left
        {
            return format!("{head}{more}{end}");
        }
    }
    cut(list, left) + end
}

fn length(text: &str) -> usize {
    text.chars().count()
}

/// Where the end begins that is kept, in bytes: behind the last item.
fn end_start(text: &str, after: usize) -> usize {
    let rest = text.get(after..).unwrap_or_default();
    let begins = AFTER_THE_LIST.iter().filter_map(|words| rest.find(words));
    begins.min().map_or(text.len(), |at| after + at)
}

/// Where each item of the list begins, in bytes: " LE-16.1: …", or a sentence of what is still missing.
fn item_starts(text: &str) -> Vec<usize> {
    let coded: Vec<usize> = text
        .match_indices(" LE-")
        .filter(|(at, _)| {
            let code = text.get(at + 4..).unwrap_or_default();
            let end = code.find(|c: char| !c.is_ascii_digit() && c != '.');
            end.is_some_and(|end| {
                end > 2 && code.get(end..).is_some_and(|rest| rest.starts_with(": "))
            })
        })
        .map(|(at, _)| at)
        .collect();
    if !coded.is_empty() {
        return coded;
    }
    let Some(at) = text.find(STILL_MISSING) else {
        return Vec::new();
    };
    let first = at + STILL_MISSING.len();
    let end = end_start(text, first);
    let list = text.get(first..end).unwrap_or_default();
    let later = list.match_indices(". ").map(|(dot, _)| first + dot + 1);
    std::iter::once(first).chain(later).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const AROUND: &str = "LE-2026-0001: step S1 was finished without a permit from Greentick. It lacks the following. \
        LE-16.1: The reflection is missing. Write it. LE-20.1: The summary is missing. Write it. \
        LE-22.1: 1 of 3 is rated. Rate them. Decide whether to open it again. \
        For the attention of: QA manager, Head of Service Practice and Learning. Rule LE-08.2.";

    #[test]
    fn the_list_gives_way_and_what_to_do_for_whom_by_which_rule_stays() {
        let whole = length(AROUND);
        assert_eq!(shorten(AROUND, whole), AROUND);
        let one_short = shorten(AROUND, whole - 1);
        assert!(
            one_short.contains("LE-20.1: The summary is missing. Write it. And 1 more. Decide"),
            "{one_short}"
        );
        let shorter = shorten(AROUND, 223);
        assert!(length(&shorter) <= 223, "{shorter}");
        assert!(
            shorter.contains("It lacks the following. And 3 more. Decide whether"),
            "{shorter}"
        );
        assert!(
            shorter.ends_with("Head of Service Practice and Learning. Rule LE-08.2."),
            "{shorter}"
        );
    }

    #[test]
    fn what_is_still_missing_is_counted_by_its_sentences() {
        let text = "LE-1: the review is due on 3 May, in 2 working days. Still missing: One is blank. Two is blank. \
            Three is blank. Finish it by then, or ask the QA manager early for a new date. Rule LE-03.2.";
        let short = shorten(text, length(text) - 1);
        assert!(
            short.contains(
                "Still missing: One is blank. Two is blank. And 1 more. Finish it by then"
            ),
            "{short}"
        );
        assert!(short.ends_with("Rule LE-03.2."), "{short}");
    }

    #[test]
    fn without_a_list_the_beginning_gives_way_and_without_room_the_end() {
        let text = "Something long is told here. Rule LE-01.1.";
        assert_eq!(shorten(text, 24), "Something  Rule LE-01.1.");
        assert_eq!(shorten(text, 8), "Somethin");
    }
}
