//! The texts of a service's three sections (Pattern 5), which all modules share that are written here: contract,
//! implementation, secrets.

use crate::plan::texts;

/// What stands before the contract's fields: the header, the comments above the contract, its option path.
pub fn before_contract(path: &str, above: &[String]) -> String {
    let above: String = above.iter().map(|comment| format!("{comment}\n")).collect();
    format!("{}\n{{\n{above}{path} = {{\n", texts::CONTRACT_HEADER)
}

/// A module's set that holds nothing but its contract, whose `fields` these are: there is nothing to merge.
pub fn alone(path: &str, above: &[String], fields: &str, follow: &str) -> String {
    let above: String = above.iter().map(|comment| format!("{comment}\n")).collect();
    format!(
        "{{\n{}\n{above}{path} = {{\n{fields}}};\n{follow}}}\n",
        texts::CONTRACT_HEADER
    )
}

/// What stands behind the contract's fields; `follow` are bindings beside the contract.
pub fn behind_contract(follow: &str) -> String {
    format!("}};\n{follow}}}\n")
}

/// The header of the implementation, which follows the contract.
pub fn before_implementation() -> String {
    format!("\n{}\n", texts::IMPLEMENTATION_HEADER)
}

/// Bindings that hold under a condition.
pub fn guarded(condition: &str, bindings: &str) -> String {
    format!("(lib.mkIf {condition} {{\n{bindings}\n}})\n")
}

/// The section of secrets; empty where there are none, as the template advises.
pub fn secrets(condition: &str, bindings: &str) -> String {
    match bindings {
        "" => String::new(),
        _ => format!("{}\n{}", texts::SECRETS_HEADER, guarded(condition, bindings)),
    }
}
