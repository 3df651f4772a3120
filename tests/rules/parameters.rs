//! Is a setting of a rule refused when it makes no sense, and read under either code of the rule?

use super::*;
use greentick::practice::rules::PARAMETERS;

#[test]
fn a_number_beyond_its_bounds_or_an_empty_code_is_objected_to() {
    let number = PARAMETERS.iter().find(|one| one.rule == "LE-01.5").unwrap();
    let greentick::practice::rules::ParameterKind::Number { least, most, .. } = number.kind else {
        panic!("a number");
    };
    for (n, refused) in [
        (i64::from(least) - 1, true),
        (i64::from(least), false),
        (i64::from(most), false),
        (i64::from(most) + 1, true),
    ] {
        let said = number.objection(&Setting::Number(n));
        assert_eq!(said.is_some(), refused, "{n}: {said:?}");
    }
    let codes = PARAMETERS
        .iter()
        .find(|one| one.key == "attendees")
        .unwrap();
    for (given, refused) in [
        (&["supervisor"][..], false),
        (&["supervisor", " "][..], true),
        (&[][..], false),
    ] {
        let given = given.iter().map(|code| (*code).to_owned()).collect();
        let said = codes.objection(&Setting::Codes(given));
        assert_eq!(said.is_some(), refused, "{said:?}");
    }
}
