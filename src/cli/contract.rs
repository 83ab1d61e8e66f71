//! `qgroget contract`: changes the contract itself, schema and all contracts in one commit.

use super::args::{Contract, ContractChange, NewFieldArgs};
use super::session::Session;
use super::{message, single};
use crate::error::Result;
use crate::plan::evolve::{Change, Default, Evolution, NewField, field};
use crate::plan::model::Choices;

/// Runs the command.
///
/// # Errors
/// What refuses the change; nothing is written then.
pub fn run(args: &Contract, session: &Session) -> Result<u8> {
    session.again(|| once(args, session))
}

fn once(args: &Contract, session: &Session) -> Result<u8> {
    let (change, deciding) = match &args.change {
        ContractChange::Add(add) => (Change::Add(new_field(add)?), &add.deciding),
        ContractChange::Rename(rename) => {
            let (old, new) = (rename.old.clone(), rename.new.clone());
            (Change::Rename { old, new }, &rename.deciding)
        }
        ContractChange::Remove(remove) => {
            let field = remove.field.clone();
            (Change::Remove { field }, &remove.deciding)
        }
    };
    let loaded = session.load(deciding.host.as_deref())?;
    let choices = Choices::default();
    let model = loaded.model();
    let context = loaded.context(&model, &choices);
    let evolution = Evolution::plan(&context, change)?;
    let landed = single::run("contract", &evolution, deciding, session, |accepted| {
        message::groups(&evolution.change().subject(), &evolution, accepted)
    })?;
    Ok(single::end(landed, deciding, session))
}

fn new_field(args: &NewFieldArgs) -> Result<NewField> {
    let default = match &args.default {
        Some(default) => Default::Value(field::value(default)?),
        None => Default::Required,
    };
    let mut values = std::collections::BTreeMap::new();
    for (service, value) in &args.service {
        values.insert(service.clone(), field::value(value)?);
    }
    Ok(NewField {
        name: args.field.clone(),
        kind: field::kind(&args.kind)?,
        default,
        description: args.description.clone(),
        value: args.value.as_deref().map(field::value).transpose()?,
        values,
    })
}
