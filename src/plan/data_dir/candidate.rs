//! A directory that may be a service's, as the code has it.

use crate::plan::model::{self, Context, Fact};
use crate::resolve::free;
use crate::resolve::module::Module;
use crate::resolve::scope::Binding;
use crate::resolve::value::Value;
use crate::syntax::{self, AstNode, InterpolPart, Source, SyntaxNode, ast};

/// A directory that may be the service's: its source text, and its value where that is known.
#[derive(Clone)]
pub struct Candidate {
    pub text: String,
    /// The value where that is known, the option that it reads, or else the text: equal for equal directories.
    pub key: String,
    /// The node that the text is of, and its file; `None` for a directory that is written nowhere.
    pub from: Option<(Source, SyntaxNode)>,
}

impl Candidate {
    /// A directory by its path.
    pub fn plain(path: &str) -> Candidate {
        Candidate {
            text: syntax::string_text(path),
            key: path.to_owned(),
            from: None,
        }
    }

    /// The directory that `element` of `module` says, as a path or as a set with one.
    pub fn of<'a>(context: &Context<'a>, module: &'a Module, element: &ast::Expr) -> Option<Candidate> {
        let eval = context.eval(module);
        let path = match syntax::unparen(element.clone()) {
            ast::Expr::AttrSet(set) => crate::resolve::module::attribute(&set, "directory")?,
            other => other,
        };
        let from = Some((module.source.clone(), path.syntax().clone()));
        if let Value::Set(_) = eval.force(&path) {
            // A name for a set with a directory in it: the name is no directory.
            let key = model::directory(&eval, &path)?;
            let text = syntax::string_text(&key);
            return Some(Candidate { text, key, from });
        }
        let text = syntax::text_of(path.syntax());
        let option = || eval.option_path(&sole_interpolation(&path)?).map(|path| path.join("."));
        let key = eval.string(&path).ok().or_else(option).unwrap_or_else(|| text.clone());
        Some(Candidate { text, key, from }.readable())
    }

    /// The same with its value as its text, where that is known and the text has a name that the contract does not see.
    fn readable(self) -> Candidate {
        match self.unseen() {
            Some(_) if self.key.starts_with('/') => Candidate::plain(&self.key),
            _ => self,
        }
    }

    /// A name in its text that is bound between the module's body and where the text stands, with what uses it: the contract
    /// does not see it.
    pub fn unseen(&self) -> Option<(String, SyntaxNode)> {
        let (_, node) = self.from.as_ref()?;
        let mut free = free::variables(node).into_iter();
        let hidden = free.find(|(_, free)| !is_bound_around_the_body(&free.binding))?;
        Some((hidden.0, hidden.1.first_use))
    }

    /// As it is said to the program: a path as it is, anything else as Nix source.
    pub fn said(&self) -> String {
        match syntax::string_text(&self.key) == self.text && self.key.starts_with('/') {
            true => self.key.clone(),
            false => self.text.clone(),
        }
    }
}

/// What the facts' lists say.
pub fn of_facts<'f, 'a: 'f>(context: &Context<'a>, facts: impl Iterator<Item = &'f Fact<'a>>) -> Vec<Candidate> {
    let mut found = Vec::new();
    for fact in facts {
        let list = fact.list();
        found.extend(
            list.iter()
                .filter_map(|e| Candidate::of(context, fact.origin.module, e)),
        );
    }
    found
}

/// Those of which each directory is one, in their order.
pub fn distinct(all: Vec<Candidate>) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    for one in all {
        if !found.iter().any(|other| other.key == one.key) {
            found.push(one);
        }
    }
    found
}

/// Whether an entry is the module's `config`.
fn is_config(entry: &ast::AttrpathValue) -> bool {
    let path = entry.attrpath().map(|path| syntax::text_of(path.syntax()));
    path.as_deref() == Some("config")
}

/// Whether a name is bound by the module's arguments, or by a `let` or `with` around its body or its `config`.
fn is_bound_around_the_body(binding: &Binding) -> bool {
    let is_around = |node: &SyntaxNode| {
        let mut outer = node.ancestors().skip(1);
        outer.all(|node| {
            let kind = node.kind();
            ast::Root::can_cast(kind)
                || ast::Lambda::can_cast(kind)
                || ast::LetIn::can_cast(kind)
                || ast::With::can_cast(kind)
                || ast::Paren::can_cast(kind)
                || ast::AttrSet::can_cast(kind)
                || ast::AttrpathValue::cast(node).is_some_and(|entry| is_config(&entry))
        })
    };
    let in_let = |node: &SyntaxNode| {
        let around = node.ancestors().find(|node| ast::LetIn::can_cast(node.kind()));
        around.is_some_and(|around| is_around(&around))
    };
    match binding {
        Binding::Value(value) => in_let(value.syntax()),
        Binding::Split(values) => values.iter().all(|value| in_let(value.syntax())),
        Binding::Inherited(inherit) => in_let(inherit.syntax()),
        Binding::Param(lambda) => is_around(lambda.syntax()),
        Binding::With(withs) => withs.iter().all(|with| is_around(with.syntax())),
        Binding::Global => true,
        Binding::Unbound => false,
    }
}

/// The `e` of `"${e}"`, and anything but a string as itself.
fn sole_interpolation(expr: &ast::Expr) -> Option<ast::Expr> {
    let ast::Expr::Str(string) = expr else {
        return Some(expr.clone());
    };
    match syntax::string_parts_of(string).as_slice() {
        [InterpolPart::Interpolation(interpol)] => interpol.expr(),
        _ => None,
    }
}
