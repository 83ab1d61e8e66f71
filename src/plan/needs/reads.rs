//! What a service's code says of its database and can read from its contract instead.

use std::ops::Range;

use super::Requirements;
use super::said::{ConnectionLiteral, Field};
use crate::plan::Move;
use crate::plan::alias;
use crate::plan::model::{Context, ServiceFacts};
use crate::plan::share::parts::ExtractedParts;
use crate::rules::parts;
use crate::syntax;

/// The literals that become reads of the contract, in source order.
#[derive(Default)]
pub struct ContractReads(Vec<ConnectionLiteral>);

impl ContractReads {
    /// Those of the service. A contract has one connection to be read, that of its first database: which one of several
    /// it is says nothing but their order, and so nothing reads it there.
    pub fn of(
        context: &Context,
        facts: &ServiceFacts,
        needs: &Requirements,
        share: Option<&ExtractedParts>,
    ) -> ContractReads {
        let [database] = &needs.databases[..] else {
            return ContractReads::default();
        };
        let contract = parts(&context.rules().namespaces.contract);
        let declared = [&contract[..], &[&facts.name, "databases"]].concat();
        if !context.model.under(&declared).is_empty() {
            return ContractReads::default();
        }
        let says = |said: &&ConnectionLiteral| {
            said.value
                == match said.field {
                    Field::Name => database.name.clone(),
                    Field::User => database.user.clone(),
                    Field::Host => database.host.clone(),
                    Field::Port => database.port.map(|port| port.to_string()).unwrap_or_default(),
                }
        };
        let moved = share.map(ExtractedParts::nodes);
        let sees = |said: &&ConnectionLiteral| match &moved {
            None => said.sees(syntax::AstNode::syntax(&facts.home.body), &["config"]),
            // What moves alone takes only what is in it: there its contract has a name that only it must not hide.
            Some(nodes) => nodes.iter().any(|node| {
                let names: Vec<&str> = alias::NAMES.into_iter().chain(["config"]).collect();
                syntax::covers(&syntax::span(node), &said.range) && said.sees(node, &names)
            }),
        };
        let mut list: Vec<ConnectionLiteral> = database.said.iter().filter(says).filter(sees).cloned().collect();
        list.sort_by_key(|said| said.range.start);
        // Several programs may be told by one definition.
        list.dedup_by(|a, b| a.range == b.range && a.field == b.field);
        let doubtful = |said: &ConnectionLiteral| list.iter().filter(|other| other.range == said.range).count() > 1;
        let doubtful: Vec<bool> = list.iter().map(doubtful).collect();
        let clear = list.into_iter().zip(doubtful).filter(|(_, doubtful)| !doubtful);
        ContractReads(clear.map(|(said, _)| said).collect())
    }

    /// The literals, in source order.
    pub fn list(&self) -> &[ConnectionLiteral] {
        &self.0
    }

    /// What of the service's code is read from its contract, for people.
    pub fn moves(&self, context: &Context, facts: &ServiceFacts) -> Vec<Move> {
        let contract = format!(
            "{}.{}",
            context.rules().namespaces.contract,
            syntax::attr_text(&facts.name)
        );
        // One address says several fields.
        let literals = self.list().chunk_by(|a, b| a.node() == b.node());
        let moves = literals.map(|literal| {
            let fields: Vec<&str> = literal.iter().map(|said| said.field.name()).collect();
            let to = match fields[..] {
                [field] => format!("{contract}.databaseConfig.{field}"),
                _ => format!("{contract}.databaseConfig"),
            };
            Move {
                what: super::texts::read_move(&fields),
                from: Some(facts.home.source.place_of(literal[0].node())),
                to: Some(to),
            }
        });
        moves.collect()
    }

    /// What is replaced by what, where the expression `contract` is the contract.
    pub fn texts(&self, contract: &str) -> Vec<(Range<usize>, String)> {
        let text = |said: &ConnectionLiteral| (said.range.clone(), said.read(contract));
        self.0.iter().map(text).collect()
    }
}
