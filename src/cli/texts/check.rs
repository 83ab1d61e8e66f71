//! The checks of a repository.

use crate::review::texts::count;

/// What `--fix` leaves: how many findings are a person's; nothing where it has mended all there was.
pub fn left_of_fix(is_empty: bool, left: usize) -> Option<String> {
    let left = (left > 0).then(|| format!("{} left to you", count(left, "finding is", "findings are")));
    match (is_empty, left) {
        (true, None) => Some("nothing to fix".to_owned()),
        (true, Some(left)) => Some(format!("nothing to fix by machine; {left}")),
        (false, left) => left,
    }
}
pub const FIX_SUBJECT: &str = "style(server): mend the contracts";
pub const FIELDS_FAIL: &str = "the configuration evaluates, and these fields of contracts do not:";

/// The fields could not be evaluated one by one.
pub fn fields_not_seen(why: &str) -> String {
    format!("the contracts' fields were not looked into one by one: {why}")
}

/// A field that does not evaluate.
pub fn field_fails(service: &str, field: &str, why: Option<&str>) -> String {
    match why {
        Some(why) => format!("'{field}' of service '{service}': {why}"),
        None => format!("'{field}' of service '{service}'"),
    }
}
pub const ASSERTIONS_FAIL: &str = "the configuration evaluates, and these of its assertions fail:";
pub const WITHOUT_EVALUATION: &str = "look at the source alone: --no-eval";
pub const EVALUATES: &str = "the configuration evaluates";

pub fn not_evaluated(why: &str) -> String {
    format!("not evaluated: {why}")
}

/// Of a repository that has no contract yet, and `legacy` services in the old pattern.
pub fn nothing_to_check(legacy: usize) -> String {
    let services = match legacy {
        0 => "no service is declared".to_owned(),
        1 => "1 service is declared in the legacy pattern".to_owned(),
        several => format!("{several} services are declared in the legacy pattern"),
    };
    format!("the contract is not installed, so there is nothing to check yet; {services}: qgroget init")
}
