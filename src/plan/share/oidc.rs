//! What an identity provider keeps of a service that signs people in with it: a client, the policies that the client names,
//! and the origin that it calls from. They belong together.
//!
//! The names are those of Authelia's configuration (`identity_providers.oidc`: `clients`, `authorization_policies`,
//! `claims_policies`, `cors.allowed_origins`).

use super::ownership::{self, CLIENTS, client_text};
use crate::plan::model::Context;
use crate::resolve::list::list_elements;
use crate::resolve::module::{Def, Module, attribute};
use crate::syntax::{self, AstNode, ast};

const ORIGINS: [&str; 4] = ["identity_providers", "oidc", "cors", "allowed_origins"];

/// The attribute of a client that names a policy, and where such policies are.
const POLICIES: [(&str, [&str; 3]); 2] = [
    (
        "authorization_policy",
        ["identity_providers", "oidc", "authorization_policies"],
    ),
    ("claims_policy", ["identity_providers", "oidc", "claims_policies"]),
];

/// The policies in `module` that only the clients among `elements` name.
pub fn policies<'m>(
    context: &Context,
    module: &'m Module,
    elements: &[(Def, Vec<ast::Expr>)],
    conditions: &[String],
) -> Vec<&'m Def> {
    let own: Vec<&ast::Expr> = clients(elements).collect();
    let mut others: Vec<ast::Expr> = Vec::new();
    for module in context.model.modules() {
        for list in module.defs.iter().filter(|def| def.ends_with(&CLIENTS)) {
            list.value.iter().for_each(|value| list_elements(value, &mut others));
        }
    }
    others.retain(|other| !own.contains(&other));
    let mut found = Vec::new();
    for (attribute, policies) in POLICIES {
        let said = |client: &ast::Expr| client_text(client, attribute);
        let named: Vec<String> = own.iter().filter_map(|client| said(client)).collect();
        let is_own = |name: &str| {
            named.iter().any(|own| own == name) && !others.iter().any(|other| said(other).as_deref() == Some(name))
        };
        found.extend(module.defs.iter().filter(|def| {
            let (last, outer) = match def.path.split_last() {
                Some((Some(last), outer)) => (last, outer),
                _ => return false,
            };
            let inside = outer.len() >= policies.len()
                && outer[outer.len() - policies.len()..]
                    .iter()
                    .zip(policies)
                    .all(|(a, b)| a.as_deref() == Some(b));
            inside && is_own(last) && !def.context.opaque && ownership::text_of(def) == conditions
        }));
    }
    found
}

/// The elements of lists of origins in `module` that a client among `elements` calls back to, by the list's definition.
pub fn origins<'m>(
    module: &'m Module,
    elements: &[(Def, Vec<ast::Expr>)],
    conditions: &[String],
) -> Vec<(&'m Def, Vec<ast::Expr>)> {
    let mut targets = Vec::new();
    for client in clients(elements) {
        let ast::Expr::AttrSet(set) = client else { continue };
        attribute(set, "redirect_uris")
            .iter()
            .for_each(|uris| list_elements(uris, &mut targets));
    }
    let targets: Vec<String> = targets.iter().map(|uri| unquoted(uri.syntax())).collect();
    let is_origin = |origin: &ast::Expr| {
        let origin = unquoted(origin.syntax());
        targets.iter().any(|uri| {
            uri.strip_prefix(&origin)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    };
    let mut found = Vec::new();
    for list in module.defs.iter().filter(|def| def.ends_with(&ORIGINS)) {
        let mut all = ownership::movable_elements(list, conditions);
        all.retain(is_origin);
        if !all.is_empty() {
            found.push((list, all));
        }
    }
    found
}

/// The clients among elements that move.
fn clients(elements: &[(Def, Vec<ast::Expr>)]) -> impl Iterator<Item = &ast::Expr> {
    elements
        .iter()
        .filter(|(list, _)| list.ends_with(&CLIENTS))
        .flat_map(|(_, clients)| clients)
}

fn unquoted(node: &syntax::SyntaxNode) -> String {
    syntax::text_of(node).trim_matches('"').to_owned()
}
