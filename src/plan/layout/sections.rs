//! The texts of a service's three sections (Pattern 5), which all modules share that are written here: contract,
//! implementation, secrets.

use crate::plan::texts;

/// What stands before the contract's fields: the header, the comments above the contract, its option path.
pub fn before_contract(path: &str, above: &[String]) -> String {
    let above: String = above.iter().map(|comment| format!("{comment}\n")).collect();
    format!("{}\n{{\n{above}{path} = {{\n", texts::CONTRACT_HEADER)
}

/// What stands between the contract's fields and the implementation; `follow` are bindings beside the contract.
pub fn behind_contract(follow: &str) -> String {
    format!("}};\n{follow}}}\n\n{}\n", texts::IMPLEMENTATION_HEADER)
}

/// Bindings that hold under a condition.
pub fn guarded(condition: &str, bindings: &str) -> String {
    format!("(lib.mkIf {condition} {{\n{bindings}\n}})\n")
}

/// The section of secrets; `bindings` is empty where there are none.
pub fn secrets(condition: &str, bindings: &str) -> String {
    let section = match bindings {
        "" => format!("{}\n", texts::NO_SECRETS),
        _ => guarded(condition, bindings),
    };
    format!("{}\n{section}", texts::SECRETS_HEADER)
}
