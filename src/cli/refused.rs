//! What a program gets of a run that is refused as a whole: the document of its command, with the refusal in it.

use serde_json::json;

use super::args::{CheckFormat, Command, ContractChange};
use crate::check::{Finding, Severity, output};
use crate::commit;
use crate::error::Error;
use crate::error::json::Json;
use crate::review::json::{Document, Service};

/// The document of `command`, which is refused for `error`.
pub fn document(command: &Command, error: Error) -> String {
    let of_one = |name: &str| {
        let mut document = Document::new(command.name());
        document.services.push(Service::refused(name, [&error]));
        document.to_text()
    };
    let text = match command {
        Command::Migrate(_) => {
            let mut document = Document::new(command.name());
            document.refusals.push(Json::from(&error));
            document.to_text()
        }
        Command::New(args) => of_one(&args.service),
        Command::Contract(args) => of_one(&commit::of_field(field(&args.change))),
        Command::Init(_) | Command::Cleanup(_) => of_one(command.name()),
        Command::Check(args) => return of_a_check(args.format, error),
        Command::Undo(args) => Ok(format!(
            "{:#}\n",
            super::undo_json::refused(args.service.as_deref(), &error)
        )),
        _ => Ok(format!("{:#}\n", bare(command, &error))),
    };
    text.unwrap_or_else(|_| format!("{:#}\n", bare(command, &error)))
}

/// The field that a change of the contract is about.
fn field(change: &ContractChange) -> &str {
    match change {
        ContractChange::Add(add) => &add.field,
        ContractChange::Rename(rename) => &rename.old,
        ContractChange::Remove(remove) => &remove.field,
    }
}

/// What nothing was found out for.
fn bare(command: &Command, error: &Error) -> serde_json::Value {
    json!({ "schema": 1, "command": command.name(), "refusals": [Json::from(error)] })
}

/// What refuses a check is what it has found.
fn of_a_check(format: CheckFormat, error: Error) -> String {
    let finding = [Finding {
        severity: Severity::Error,
        service: None,
        error,
        mend: None,
    }];
    match format {
        CheckFormat::Sarif => output::sarif(&finding),
        CheckFormat::Json | CheckFormat::Human => output::json(&finding),
    }
}
