//! What a service's code says again that its contract says: the port that it listens on, and the directory of its state.
//! Read from the contract, each stands once.

mod code;
mod option;
mod spellings;

use std::ops::Range;

use self::code::Code;

use super::model::{Context, ServiceFacts};
use super::needs::said;
use super::share::ownership;
use super::share::parts::ExtractedParts;
use super::{Move, data_dir, published, texts, url};
use crate::resolve::eval::Eval;
use crate::resolve::value::{Known, Value};
use crate::rules::ContractField;
use crate::syntax::{self, AstNode, InterpolPart, Source, SyntaxNode, ast};

/// A text that says a field of the contract.
#[derive(Clone, Debug)]
pub struct Restatement {
    field: ContractField,
    /// The bytes that say it: those of the whole literal, or a part of a string.
    range: Range<usize>,
    /// The literal.
    node: SyntaxNode,
    /// What stands in the option's declaration before a string that says the field's path, where it is the default of one:
    /// what reads a value is shown in the documentation as it is written.
    shown: Option<String>,
}

impl Restatement {
    /// What stands in its place: the field of the contract that the expression `contract` is.
    fn read(&self, contract: &str) -> String {
        let field = format!("{contract}.{}", self.field);
        said::reading(&field, &self.node, !self.is_whole(), self.converts())
    }

    /// As [`Restatement::read`], where the contract has the option path `path`, with what the documentation shows.
    fn text(&self, contract: &str, path: &str) -> String {
        let read = self.read(contract);
        match &self.shown {
            Some(before) => {
                // A name that is no identifier stands in quotes, inside of the string's own.
                let shown = syntax::string_text(&format!("config.{path}.{}", self.field));
                format!("{read}{before}{shown}")
            }
            None => read,
        }
    }

    /// Whether it is the whole literal.
    fn is_whole(&self) -> bool {
        self.range == syntax::span(&self.node)
    }

    /// Whether it is a number that is said as text.
    fn converts(&self) -> bool {
        self.field == ContractField::Port && ast::Str::can_cast(self.node.kind())
    }
}

/// The texts of a service's code that become reads of its contract, in source order.
#[derive(Default)]
pub struct Restated(Vec<Restatement>);

impl Restated {
    /// Those of the service in its own code, without what the contract takes. `others` are ranges that something else
    /// replaces.
    pub fn of(
        context: &Context,
        facts: &ServiceFacts,
        share: Option<&ExtractedParts>,
        others: &[Range<usize>],
    ) -> Restated {
        let values = Values::of(context, facts);
        let code = Code::of(context, facts, share);
        let mut list = Vec::new();
        for node in facts.home.body.syntax().descendants() {
            // Few literals say one of them, and whose a node is takes a walk over all definitions.
            let said = match ast::Expr::cast(node) {
                Some(ast::Expr::Str(string)) if values.may_be_in(&string) => {
                    values.in_string(&string, code.is_in_container(string.syntax()))
                }
                Some(ast::Expr::Literal(number)) => values.number(&number).into_iter().collect(),
                _ => continue,
            };
            let is_own = |said: &Restatement| {
                let is_number = ast::Literal::can_cast(said.node.kind());
                code.has(&said.node) && code.sees(said) && !(is_number && code.is_in_container(&said.node))
            };
            list.extend(said.into_iter().filter(is_own));
        }
        let meets = |said: &Restatement| {
            others
                .iter()
                .any(|other| said.range.start < other.end && other.start < said.range.end)
        };
        list.retain(|said| !meets(said));
        list.extend(option::defaults(facts, share.is_some(), values.port).filter(|said| code.sees(said)));
        list.sort_by_key(|said| said.range.start);
        Restated(list)
    }

    /// Whether there is nothing to be read.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is replaced by what, where the expression `contract` is the contract, which has the option path `path`.
    pub fn texts(&self, contract: &str, path: &str) -> Vec<(Range<usize>, String)> {
        let text = |said: &Restatement| (said.range.clone(), said.text(contract, path));
        self.0.iter().map(text).collect()
    }

    /// What of the service's code is read from its contract, which has the option path `contract`, for people.
    pub fn moves(&self, contract: &str, facts: &ServiceFacts) -> Vec<Move> {
        let moves = self.0.iter().map(|said| Move {
            what: texts::restated(&said.field).to_owned(),
            from: Some(facts.home.source.place(said.range.clone())),
            to: Some(format!("{contract}.{}", said.field)),
        });
        moves.collect()
    }
}

/// What the contract says.
struct Values {
    port: Option<u16>,
    /// The texts of the directory between its quotes: as it is said, and with other names for the same.
    directories: Vec<String>,
    /// Whether it is looked for in the contract itself, where every name means what it means in the directory's text.
    in_contract: bool,
}

impl Values {
    fn of(context: &Context, facts: &ServiceFacts) -> Values {
        let directory = data_dir::text(context, facts, facts.home.source.path()).ok();
        Values {
            port: port(facts),
            directories: spellings::of(facts, directory.as_deref()),
            in_contract: false,
        }
    }

    /// The port as a number: the value of an option that is called like one, or an element of a list of them.
    fn number(&self, number: &ast::Literal) -> Option<Restatement> {
        let ast::LiteralKind::Integer(value) = number.kind() else {
            return None;
        };
        let is_it = u16::try_from(value.value().ok()?).is_ok_and(|value| Some(value) == self.port);
        (is_it && is_called_port(number.syntax())).then(|| Restatement {
            field: ContractField::Port,
            range: syntax::span(number.syntax()),
            node: number.syntax().clone(),
            shown: None,
        })
    }

    /// Whether a string has the text of one of them in it.
    fn may_be_in(&self, string: &ast::Str) -> bool {
        let text = syntax::text_of(string.syntax());
        let directory = self.directories.iter().any(|directory| text.contains(directory));
        directory || self.port.is_some_and(|port| text.contains(&port.to_string()))
    }

    /// What a string of the code says. In a container's definitions a port is the container's own but where it is published.
    fn in_string(&self, string: &ast::Str, in_container: bool) -> Vec<Restatement> {
        let node = string.syntax();
        let text = syntax::text_of(node);
        let Some(content) = content(node, &text) else {
            return Vec::new();
        };
        let said = |field, range| Restatement {
            field,
            range,
            node: node.clone(),
            shown: None,
        };
        let mut found = Vec::new();
        for directory in &self.directories {
            let is_bound = |node: &SyntaxNode| self.in_contract || data_dir::seen_at_the_top(node);
            for range in occurrences(string, &text, &content, directory, &is_bound) {
                let own = syntax::span(node);
                let whole = range.len() == content.len();
                found.push(said(ContractField::DataDir, if whole { own } else { range }));
            }
        }
        let Some(port) = self.port else { return found };
        let published = published::host_port(node, port);
        let ports: Vec<Range<usize>> = match in_container {
            true => published.into_iter().collect(),
            false => addressed(string, port)
                .into_iter()
                .chain(published)
                .chain(named(string, port))
                .collect(),
        };
        found.extend(ports.into_iter().map(|range| said(ContractField::Port, range)));
        if !in_container
            && text[content.start - syntax::span(node).start..].starts_with(&format!("{port}\""))
            && is_called_port(node)
        {
            found.push(said(ContractField::Port, syntax::span(node)));
        }
        // A published port of an address is found as both.
        found.sort_by_key(|said| said.range.start);
        found.dedup_by(|a, b| a.range == b.range);
        found
    }
}

/// What a contract says that its own fields can read.
pub struct OwnValues(Values);

impl OwnValues {
    /// `data_dir` is the text of the field.
    pub fn new(facts: &ServiceFacts, data_dir: Option<&str>) -> OwnValues {
        OwnValues(Values {
            port: port(facts),
            directories: spellings::of(facts, data_dir),
            in_contract: true,
        })
    }

    /// Bindings of the contract that say neither again, where the expression `contract` is the contract.
    pub fn read_in(&self, bindings: &str, contract: &str) -> String {
        let source = Source::new("contract.nix", format!("{{{bindings}}}"));
        let Ok(set) = source.expr() else {
            return bindings.to_owned();
        };
        let binds = |node: SyntaxNode| {
            let kind = node.kind();
            ast::Lambda::can_cast(kind) || ast::LetIn::can_cast(kind) || ast::With::can_cast(kind)
        };
        let mut found: Vec<Restatement> = Vec::new();
        if !set.syntax().descendants().any(binds) {
            for string in syntax::nodes::<ast::Str>(set.syntax()) {
                let is_it =
                    published::name_of(string.syntax()).is_some_and(|name| name == ContractField::DataDir.to_string());
                found.extend(self.0.in_string(&string, false).into_iter().filter(|_| !is_it));
            }
        }
        found.sort_by_key(|said| said.range.start);
        let mut text = source.text().to_string();
        for said in found.into_iter().rev() {
            let (range, read) = (said.range.clone(), said.read(contract));
            match alone_in_list(&said) {
                Some(list) => text.replace_range(list, &format!("[{read}]")),
                None => text.replace_range(range, &read),
            }
        }
        text[1..text.len() - 1].to_owned()
    }
}

/// The list that has nothing else in it, no comment either: it fits on a line.
fn alone_in_list(said: &Restatement) -> Option<Range<usize>> {
    let list = ast::List::cast(said.node.parent()?).filter(|_| said.is_whole())?;
    let is_alone = list.items().count() == 1 && syntax::comments(list.syntax()).is_empty();
    is_alone.then(|| syntax::span(list.syntax()))
}

/// The port that the contract says as a number, where it says one that nothing in the configuration can change: an option
/// that the code sets from the contract must not be read by it.
fn port(facts: &ServiceFacts) -> Option<u16> {
    if let Some(fact) = facts.first(&ContractField::Port) {
        let value = Eval::alone(fact.origin.module).force(fact.origin.value.as_ref()?);
        let Value::Known(Known::Int(number)) = value else {
            return None;
        };
        return u16::try_from(number).ok();
    }
    let fact = facts.first(&ContractField::Url)?;
    let value = fact.origin.value.as_ref()?;
    let said = url::read(value).port?;
    let said = match said.parse::<u16>() {
        Ok(number) => return Some(number),
        Err(_) => said,
    };
    let eval = Eval::alone(fact.origin.module);
    let expressions = value.syntax().descendants().filter_map(ast::Expr::cast);
    let mut same = expressions.filter(|expr| syntax::text_of(expr.syntax()) == said);
    match eval.force(&same.next()?) {
        Value::Known(Known::Int(number)) => u16::try_from(number).ok(),
        _ => None,
    }
}

/// The byte range between a string's quotes.
fn content(node: &SyntaxNode, text: &str) -> Option<Range<usize>> {
    let quote = if text.starts_with("''") { 2 } else { 1 };
    let own = syntax::span(node);
    (own.len() >= 2 * quote).then(|| own.start + quote..own.end - quote)
}

/// Where a string has `directory` as a whole path or the beginning of one, by names that are `bound` as they are there.
fn occurrences(
    string: &ast::Str,
    text: &str,
    content: &Range<usize>,
    directory: &str,
    bound: &dyn Fn(&SyntaxNode) -> bool,
) -> Vec<Range<usize>> {
    let own = syntax::span(string.syntax()).start;
    let inner = &text[content.start - own..content.end - own];
    let begins = |at: usize| at == 0 || inner[..at].ends_with(|c: char| c.is_whitespace() || ":=,'\"".contains(c));
    let ends = |at: usize| {
        inner[at..].is_empty() || inner[at..].starts_with(|c: char| c.is_whitespace() || "/:,;'\"".contains(c))
    };
    let found = inner
        .match_indices(directory)
        .filter(|(at, _)| begins(*at) && ends(at + directory.len()));
    let ranges = found.map(|(at, _)| content.start + at..content.start + at + directory.len());
    ranges
        .filter(|range| {
            string.parts().all(|part| match part {
                InterpolPart::Literal(_) => true,
                InterpolPart::Interpolation(interpolation) => {
                    let span = syntax::span(interpolation.syntax());
                    let apart = span.end <= range.start || range.end <= span.start;
                    apart || syntax::covers(range, &span) && bound(interpolation.syntax())
                }
            })
        })
        .collect()
}

/// Where a string has the port behind a host of this machine: `http://127.0.0.1:8080/x`.
fn addressed(string: &ast::Str, port: u16) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for part in string.parts() {
        let InterpolPart::Literal(literal) = part else { continue };
        let (text, start) = (syntax::literal_text(&literal), syntax::literal_span(&literal).start);
        let said = format!(":{port}");
        for (at, _) in text.match_indices(&said) {
            let behind = at + said.len();
            let local = url::LOCAL.iter().any(|host| {
                text[..at]
                    .strip_suffix(host)
                    .is_some_and(|before| !before.ends_with(|c: char| c.is_alphanumeric() || ".-".contains(c)))
            });
            let ends = !text[behind..].starts_with(|c: char| c.is_alphanumeric() || ".-_".contains(c));
            if local && ends {
                found.push(start + at + 1..start + behind);
            }
        }
    }
    found
}

/// Where a string has the port as an argument or a setting that is called one: `--port 8080`, `PORT=8080`,
/// `"--port", "8080"`.
fn named(string: &ast::Str, port: u16) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let said = port.to_string();
    for part in string.parts() {
        let InterpolPart::Literal(literal) = part else { continue };
        let (text, start) = (syntax::literal_text(&literal), syntax::literal_span(&literal).start);
        for (at, _) in text.match_indices(&said) {
            let behind = at + said.len();
            let name = text[..at].trim_end_matches([' ', '=', ':', ',', '"', '\'', '\\']);
            let word = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            let word = &name[name.trim_end_matches(word).len()..];
            let ends = !text[behind..].starts_with(|c: char| c.is_ascii_alphanumeric() || ".-_:/".contains(c));
            if name.len() < at && ownership::is_port_name(word) && ends {
                found.push(start + at..start + behind);
            }
        }
    }
    found
}

/// Whether a value is called a port, or the list that it is an element of, the parts of which may be joined.
fn is_called_port(node: &SyntaxNode) -> bool {
    let is_part = |node: &SyntaxNode| {
        let is_joined = |op: ast::BinOp| op.operator() == Some(ast::BinOpKind::Concat);
        ast::List::can_cast(node.kind())
            || ast::Apply::can_cast(node.kind())
            || ast::BinOp::cast(node.clone()).is_some_and(is_joined)
    };
    let mut value = syntax::parenthesised(node);
    while let Some(outer) = value.parent().filter(is_part) {
        value = syntax::parenthesised(&outer);
    }
    let name = published::name_of(&value).unwrap_or_default();
    ownership::is_port_name(name.trim_end_matches(['s', 'S']))
}
