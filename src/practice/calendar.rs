//! Which days are working days? England's bank holidays, closure days, Europe/London.

/// Working days of one division, with a council's closure days.
#[derive(Clone, Debug)]
pub struct Calendar {}
