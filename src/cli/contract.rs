//! `qgroget contract`: changes the contract itself, schema and all contracts in one commit.

use super::args::{Contract, ContractChange, NewFieldArgs, Proving};
use super::forced::{self, Fields, SAMPLE};
use super::proving::Verifier;
use super::session::Session;
use super::{message, single, texts};
use crate::check;
use crate::edit::SourceChange;
use crate::error::{self, Result};
use crate::plan::Accepted;
use crate::plan::evolve::{Change, Default, Evolution, NewField, field};
use crate::plan::model::{Choices, Context};

/// Runs the command.
///
/// # Errors
/// What refuses the change; nothing is written then.
pub fn run(args: &Contract, session: &Session) -> Result<u8> {
    session.again(|| once(args, session))
}

fn once(args: &Contract, session: &Session) -> Result<u8> {
    let (change, deciding, evaluating) = match &args.change {
        ContractChange::Add(add) => (Change::Add(new_field(add)?), &add.deciding, &add.evaluating),
        ContractChange::Rename(rename) => {
            let (old, new) = (rename.old.clone(), rename.new.clone());
            (Change::Rename { old, new }, &rename.deciding, &rename.evaluating)
        }
        ContractChange::Remove(remove) => {
            let field = remove.field.clone();
            (Change::Remove { field }, &remove.deciding, &remove.evaluating)
        }
    };
    let loaded = session.load(deciding.host.as_deref())?;
    let choices = Choices::default();
    let model = loaded.model();
    let context = loaded.context(&model, &choices);
    let evolution = Evolution::plan(&context, change)?;
    let message = |accepted: &Accepted| message::groups(&evolution.change().subject(), &evolution, accepted);
    let landed = single::run_proved(
        "contract",
        &evolution,
        deciding,
        session,
        message,
        |decision| match evaluating.no_verify {
            true => Ok(()),
            false => Evaluation {
                evolution: &evolution,
                context: &context,
                session,
                proving: &evaluating.proving,
                commits: !deciding.no_commit,
            }
            .pass(&decision.change),
        },
    )?;
    Ok(single::end(landed, deciding, session))
}

/// The evaluation of a changed contract, before it is written.
struct Evaluation<'e> {
    evolution: &'e Evolution<'e>,
    context: &'e Context<'e>,
    session: &'e Session,
    proving: &'e Proving,
    commits: bool,
}

impl Evaluation<'_> {
    /// The field evaluates in every contract, and the machine's configuration stays as it is.
    fn pass(&self, change: &SourceChange) -> Result<()> {
        let namespaces = &self.context.rules().namespaces;
        let host = Some(self.context.host.name.clone());
        let verifier = Verifier::new(self.session, self.proving, self.context.rules(), host, Vec::new())
            .without_commit(!self.commits);
        if verifier.available().is_ok() {
            self.field(change)?;
        }
        // What a service says of itself is meant to change, and nothing that is made of it.
        let own = [
            &namespaces.contract,
            &namespaces.contract_options,
            &namespaces.collector,
        ];
        verifier.pass(change, &own.map(String::as_str), texts::INIT_PROVED)
    }

    fn field(&self, change: &SourceChange) -> Result<()> {
        let field = match self.evolution.change() {
            Change::Add(field) => &field.name,
            Change::Rename { new, .. } => new,
            Change::Remove { .. } => return Ok(()),
        };
        let sample = self.evolution.required_values();
        let fields = Fields {
            only: Some(field),
            sample: sample.as_deref(),
        };
        let failing = match forced::failing(&fields, change, self.context, self.session, self.proving, self.commits) {
            // The proof says it.
            Err(missing) if missing.code() == "no-nixpkgs-lib" => return Ok(()),
            failing => failing?,
        };
        match failing.first() {
            Some(first) => Err(error::evolve::field_fails(
                field,
                (first.service != SAMPLE).then_some(first.service.as_str()),
                self.evolution.writes(&first.service),
                first.why.as_deref(),
            )),
            None => Ok(()),
        }
    }
}

fn new_field(args: &NewFieldArgs) -> Result<NewField> {
    let default = match &args.default {
        Some(default) => Default::Value(field::value("--default ", default)?),
        None => Default::Required,
    };
    let mut values = std::collections::BTreeMap::new();
    for (service, value) in &args.service {
        values.insert(service.clone(), field::value(&format!("--service {service}="), value)?);
    }
    let value = args.value.as_deref();
    let value = value.map(|value| field::value("--value ", value)).transpose()?;
    let kind = field::kind(&args.kind)?;
    let of_default = match &default {
        Default::Value(default) => Some(default),
        Default::Required => None,
    };
    let given = of_default.into_iter().map(|value| ("--default", value));
    let given = given.chain(value.iter().map(|value| ("--value", value)));
    let given = given.chain(values.values().map(|value| ("--service", value)));
    for (flag, value) in given {
        if let Some(expected) = check::misfit(&kind, value) {
            return Err(error::evolve::wrong_value(flag, value, &args.kind, &expected));
        }
    }
    Ok(NewField {
        name: args.field.clone(),
        kind,
        default,
        description: args.description.clone(),
        value,
        values,
    })
}
