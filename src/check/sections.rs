//! Pattern 5: three sections in one `mkMerge`, in order, each below its header.

use std::ops::Range;

use super::mend::QuickFix;
use super::texts;
use super::{CheckContext, Finding, coexistence, schema, warning};
use crate::edit::{indent, trivia};
use crate::plan::texts::{CONTRACT_HEADER, IMPLEMENTATION_HEADER, SECRETS_HEADER};
use crate::resolve::Module;
use crate::resolve::module;
use crate::rules::parts;
use crate::syntax::{self, AstNode, ast};

/// What an element of the module's `mkMerge` holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Section {
    Contract,
    Implementation,
    Secrets,
}

impl Section {
    fn header(self) -> &'static str {
        match self {
            Section::Contract => CONTRACT_HEADER,
            Section::Implementation => IMPLEMENTATION_HEADER,
            Section::Secrets => SECRETS_HEADER,
        }
    }

    /// What a header says, without its rule.
    fn title(self) -> &'static str {
        title(self.header())
    }
}

fn title(comment: &str) -> &str {
    comment
        .trim_start_matches('#')
        .trim_matches(|c: char| c.is_whitespace() || "─-=".contains(c))
}

/// Checks a module that holds the contracts of `names`.
pub fn check(context: &CheckContext, home: &Module, names: &[&str], found: &mut Vec<Finding>) {
    let service = names[0];
    let config = match home.explicit {
        true => module::attribute(&home.body, "config"),
        false => Some(ast::Expr::AttrSet(home.body.clone())),
    };
    let Some(config) = config.map(schema::below_scopes) else {
        return;
    };
    let mut report = |what: &str, node: &syntax::SyntaxNode| {
        let place = home.source.place(first_line(&home.source, syntax::span(node)));
        found.push(warning(service, texts::sections(service, what)).at(Some(place)));
    };
    let contract = parts(&context.rules().namespaces.contract);
    let list = syntax::call_of(&config, "mkMerge", 1).and_then(|mut arguments| arguments.pop());
    let Some(ast::Expr::List(list)) = list.map(syntax::unparen) else {
        // Where nothing but the contract stands there is nothing to divide.
        let alone = home
            .defs
            .iter()
            .all(|def| def.under(&contract) && def.context.conditions.is_empty());
        if !alone {
            report("is not divided into sections", config.syntax());
        }
        return;
    };
    let mut sections: Vec<(Section, ast::Expr)> = Vec::new();
    for item in list.items() {
        let span = syntax::span(item.syntax());
        let defs: Vec<&module::Def> = home
            .defs
            .iter()
            .filter(|def| syntax::covers(&span, &syntax::span(def.entry.syntax())))
            .collect();
        let top = |name: &str| defs.iter().filter(|def| def.name(0) == Some(name)).count();
        if let Some(def) = defs.iter().find(|def| def.under(&contract)) {
            let own: Vec<&str> = def
                .path
                .iter()
                .take(contract.len() + 1)
                .flatten()
                .map(|name| &**name)
                .collect();
            // The fault of one that recurses is told already.
            if !def.context.conditions.is_empty() && !coexistence::reads_itself(context, home, def, &own) {
                report(
                    "states its contract under a condition, so that it is not checked while the service is off",
                    item.syntax(),
                );
            }
            sections.push((Section::Contract, item));
        } else if top("sops") > 0 && top("sops") == defs.len() {
            sections.push((Section::Secrets, item));
        } else {
            if top("sops") > 0 {
                report("declares secrets among its implementation", item.syntax());
            }
            sections.push((Section::Implementation, item));
        }
    }
    if let Some(pair) = sections.windows(2).find(|pair| pair[0].0 > pair[1].0) {
        report("has its sections in another order", pair[1].1.syntax());
        return;
    }
    headers(home, service, &list, &sections, found);
}

/// Every section's first element stands below its header.
fn headers(
    home: &Module,
    service: &str,
    list: &ast::List,
    sections: &[(Section, ast::Expr)],
    found: &mut Vec<Finding>,
) {
    let comments: Vec<(usize, String)> = syntax::tokens(list.syntax())
        .filter(syntax::is_comment)
        .map(|token| (syntax::token_span(&token).start, token.text().to_owned()))
        .collect();
    let mut from = syntax::span(list.syntax()).start;
    let mut last = None;
    for (section, item) in sections {
        let span = syntax::span(item.syntax());
        if last != Some(*section) {
            last = Some(*section);
            let stands = comments
                .iter()
                .any(|(at, text)| (from..span.start).contains(at) && title(text) == section.title());
            if !stands {
                let place = home.source.place(first_line(&home.source, span.clone()));
                let error = texts::section_header(service, section.header());
                found.push(
                    warning(service, error)
                        .at(Some(place))
                        .mend(insertion(home, service, *section, item)),
                );
            }
        }
        from = span.end;
    }
}

/// The header above the element and its comments, if the element begins a line.
fn insertion(home: &Module, service: &str, section: Section, item: &ast::Expr) -> Option<QuickFix> {
    let text = home.source.text();
    let at = trivia::extent(text, item.syntax()).text.start;
    let line = indent::line_start(text, at);
    text[line..at].trim().is_empty().then_some(())?;
    let pad = indent::of_line(text, at);
    Some(QuickFix::edits(
        format!("put the header '{}' into the module of {service}", section.title()),
        home.source.path(),
        vec![(at..at, format!("{}\n{pad}", section.header()))],
    ))
}

/// The part of a range on its first line.
fn first_line(source: &syntax::Source, span: Range<usize>) -> Range<usize> {
    let end = source.text()[span.clone()]
        .find('\n')
        .map_or(span.end, |i| span.start + i);
    span.start..end
}
