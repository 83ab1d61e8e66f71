//! Where the list of services goes: every value of a file that is the legacy option, a list of its entries, or one
//! entry, followed from where it is read through `let`, `inherit`, functions and nixpkgs' library to the fields
//! that are read of it.
//!
//! What cannot be followed is noted, never passed over: a field that nobody saw being read could be missing
//! from the collector's list.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::resolve::scope::{self, Binding};
use crate::syntax::{self, AstNode, Source, SyntaxNode, ast};

mod calls;
pub mod library;

/// What a followed value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The set at the first parts of the option's path: `config.qgroget`.
    Above(usize),
    /// The services by name.
    Services,
    /// A list of services.
    List,
    /// One service.
    Entry,
}

/// A field of a service that is read.
#[derive(Clone, Debug)]
pub struct Read {
    pub field: String,
    /// The expression that reads it.
    pub node: SyntaxNode,
    /// Whether a missing field is no fault there (`or`, `?`).
    pub tolerant: bool,
}

/// A place that names the legacy option.
#[derive(Clone, Debug)]
pub struct Site {
    /// The expression, or the `inherit`.
    pub node: SyntaxNode,
    /// What the place has to say instead, by range. No range is empty, so that a removal around it takes it along.
    pub edits: Vec<(Range<usize>, String)>,
    /// Whether it reads the configuration that its module is part of (and not another host's).
    pub own: bool,
    /// Whether the option may be missing there (`or`).
    pub tolerant: bool,
}

/// Where something is that cannot be followed, and why.
#[derive(Clone, Debug)]
pub struct Unclear {
    pub node: SyntaxNode,
    pub why: &'static str,
}

/// Everything that a file reads of the list of services.
pub struct Flow<'a> {
    source: &'a Source,
    from: &'a [&'a str],
    to: &'a [&'a str],
    pub sites: Vec<Site>,
    pub reads: Vec<Read>,
    pub unclear: Vec<Unclear>,
    kinds: BTreeMap<(usize, usize), Kind>,
    /// Whether what is followed now comes from the module's own configuration.
    own: bool,
}

impl<'a> Flow<'a> {
    /// Follows the option `from` through a file; its sites say `to` instead.
    pub fn of(source: &'a Source, from: &'a [&'a str], to: &'a [&'a str]) -> Flow<'a> {
        let mut flow = Flow {
            source,
            from,
            to,
            sites: Vec::new(),
            reads: Vec::new(),
            unclear: Vec::new(),
            kinds: BTreeMap::new(),
            own: false,
        };
        for node in source.root().descendants() {
            if let Some(select) = ast::Select::cast(node.clone()) {
                flow.root_select(&select);
            } else if let Some(inherit) = ast::Inherit::cast(node.clone()) {
                flow.root_inherit(&inherit);
            } else if let Some(list) = ast::List::cast(node.clone()) {
                flow.root_list(&list);
            } else if let Some(asked) = ast::HasAttr::cast(node) {
                flow.root_question(&asked);
            }
        }
        flow.sites.sort_by_key(|site| syntax::span(&site.node).start);
        flow.reads.sort_by_key(|read| syntax::span(&read.node).start);
        flow
    }

    /// What an expression is, if it was followed.
    pub fn kind(&self, expr: &ast::Expr) -> Option<Kind> {
        let span = syntax::span(syntax::unparen(expr.clone()).syntax());
        self.kinds.get(&(span.start, span.end)).copied()
    }

    /// The followed expressions that are the services, or a list of them.
    pub fn lists(&self) -> impl Iterator<Item = Range<usize>> {
        let wanted = |kind: &Kind| matches!(kind, Kind::Services | Kind::List);
        self.kinds
            .iter()
            .filter(move |(_, kind)| wanted(kind))
            .map(|((start, end), _)| *start..*end)
    }

    fn unclear(&mut self, node: &SyntaxNode, why: &'static str) {
        self.unclear.push(Unclear {
            node: node.clone(),
            why,
        });
    }

    fn read(&mut self, field: Option<String>, node: &SyntaxNode, tolerant: bool) {
        match field {
            Some(field) => self.reads.push(Read {
                field,
                node: node.clone(),
                tolerant,
            }),
            None => self.unclear(node, "the field's name is computed"),
        }
    }

    // ── Where the option is named ──

    fn root_select(&mut self, select: &ast::Select) {
        let (Some(base), Some(path)) = (select.expr(), select.attrpath()) else {
            return;
        };
        let names = syntax::attrpath_names(&path);
        let fits = |(a, b): (&Option<String>, &&str)| a.as_deref() == Some(*b);
        for at in 0..names.len() {
            let matched = names[at..].iter().zip(self.from).take_while(|pair| fits(*pair)).count();
            if matched == 0 {
                continue;
            }
            let before = match at {
                0 => syntax::function_name(&base),
                _ => names[at - 1].clone(),
            };
            let declared = before.as_deref() == Some("options");
            self.own = at == 0 && is_config(&base);
            match names.get(at + matched) {
                _ if matched == self.from.len() && declared => {
                    self.unclear(select.syntax(), "it reads the option's declaration, not its value");
                }
                _ if matched == self.from.len() => {
                    self.named(select, at, 0);
                    self.entered(select, &names[at + matched..]);
                }
                None if declared => self.unclear(select.syntax(), "it takes the options' declarations as a whole"),
                None => self.follow(select.syntax(), Kind::Above(matched)),
                Some(None) => self.unclear(select.syntax(), "which option it reads is computed"),
                Some(Some(_)) => {}
            }
        }
    }

    /// `inherit (config) qgroget;`
    fn root_inherit(&mut self, inherit: &ast::Inherit) {
        let named = |attr: &ast::Attr| syntax::attr_name(attr).as_deref() == Some(self.from[0]);
        let Some(from) = inherit.from().and_then(|from| from.expr()) else {
            return;
        };
        if self.from.len() > 1 && inherit.attrs().any(|attr| named(&attr)) {
            self.own = is_config(&from);
            self.bound(inherit, self.from[0], Kind::Above(1));
        }
    }

    /// The option's path as a list of strings, as `lib.attrByPath` and `lib.mkRenamedOptionModule` take it.
    fn root_list(&mut self, list: &ast::List) {
        let strings = list.items().map(|item| match item {
            ast::Expr::Str(string) => syntax::string_value(&string),
            _ => None,
        });
        let names: Vec<Option<String>> = strings.collect();
        let begins = self
            .from
            .iter()
            .enumerate()
            .all(|(i, part)| names.get(i).and_then(|n| n.as_deref()) == Some(*part));
        if begins {
            self.unclear(list.syntax(), "it names the option as a list of strings");
        }
    }

    /// `config ? qgroget.services`
    fn root_question(&mut self, asked: &ast::HasAttr) {
        let names = asked
            .attrpath()
            .map(|path| syntax::attrpath_names(&path))
            .unwrap_or_default();
        let found = names
            .windows(self.from.len())
            .any(|window| window.iter().zip(self.from).all(|(a, b)| a.as_deref() == Some(*b)));
        if found {
            self.unclear(asked.syntax(), "it asks whether the option is there");
        }
    }

    /// The site at `select`, whose attrpath has the option's parts from `behind` on at `at`.
    fn named(&mut self, select: &ast::Select, at: usize, behind: usize) {
        let Some(path) = select.attrpath() else { return };
        let (from, to) = (&self.from[behind..], &self.to[behind.min(self.to.len())..]);
        if self.from[..behind] != self.to[..behind.min(self.to.len())] {
            self.unclear(
                select.syntax(),
                "the collector's list is not in the set that it reads from",
            );
            return;
        }
        let same = from.iter().zip(to).take_while(|(a, b)| a == b).count();
        let attrs: Vec<ast::Attr> = path.attrs().collect();
        let first = syntax::span(attrs[at + same].syntax()).start;
        let last = syntax::span(attrs[at + from.len() - 1].syntax()).end;
        self.sites.push(Site {
            node: select.syntax().clone(),
            edits: vec![(first..last, to[same..].join("."))],
            own: self.own,
            tolerant: select.or_token().is_some(),
        });
    }

    // ── Where it goes ──

    /// `services.<names>`
    fn entered(&mut self, select: &ast::Select, names: &[Option<String>]) {
        match names {
            [] => self.follow(select.syntax(), Kind::Services),
            [_] => self.follow(select.syntax(), Kind::Entry),
            [_, field, ..] => self.read(field.clone(), select.syntax(), select.or_token().is_some()),
        }
    }

    /// Follows the value of the expression `node` to what is made of it.
    fn follow(&mut self, node: &SyntaxNode, kind: Kind) {
        let span = syntax::span(node);
        if self.kinds.insert((span.start, span.end), kind) == Some(kind) {
            return;
        }
        let Some(parent) = node.parent() else {
            return self.unclear(node, "it is the whole file's value");
        };
        if let Some(select) = ast::Select::cast(parent.clone()) {
            let is_base = select.expr().is_some_and(|e| e.syntax() == node);
            match is_base {
                true => self.select(&select, kind),
                false => self.follow(&parent, kind),
            }
        } else if let Some(asked) = ast::HasAttr::cast(parent.clone()) {
            self.question(&asked, kind);
        } else if ast::InheritFrom::can_cast(parent.kind()) {
            if let Some(inherit) = parent.parent().and_then(ast::Inherit::cast) {
                self.inherited(&inherit, kind);
            }
        } else if let Some(binding) = ast::AttrpathValue::cast(parent.clone()) {
            self.binding(&binding, kind);
        } else if let Some(with) = ast::With::cast(parent.clone()) {
            match with.body().is_some_and(|body| body.syntax() == node) {
                true => self.follow(&parent, kind),
                false => self.opened(&with, kind),
            }
        } else if passes_through(&parent) {
            self.follow(&parent, kind);
        } else if let Some(op) = ast::BinOp::cast(parent.clone()) {
            self.operation(&op, node, kind);
        } else if ast::Apply::can_cast(parent.kind()) {
            self.argument(node, kind);
        } else {
            let why = match ast::Lambda::can_cast(parent.kind()) {
                true => "a function returns it as a whole",
                false => "it is used as a whole",
            };
            self.unclear(node, why);
        }
    }

    fn select(&mut self, select: &ast::Select, kind: Kind) {
        let Some(path) = select.attrpath() else { return };
        let names = syntax::attrpath_names(&path);
        match kind {
            Kind::Above(behind) => {
                let wanted = &self.from[behind..];
                for (i, part) in wanted.iter().enumerate() {
                    match names.get(i) {
                        Some(Some(name)) if name == part => {}
                        Some(Some(_)) => return,
                        Some(None) => return self.unclear(select.syntax(), "which option it reads is computed"),
                        None => return self.follow(select.syntax(), Kind::Above(behind + i)),
                    }
                }
                self.named(select, 0, behind);
                self.entered(select, &names[wanted.len()..]);
            }
            Kind::Services => self.entered(select, &names),
            Kind::Entry => self.read(
                names.first().cloned().flatten(),
                select.syntax(),
                select.or_token().is_some(),
            ),
            Kind::List => self.unclear(select.syntax(), "it selects from a list"),
        }
    }

    fn question(&mut self, asked: &ast::HasAttr, kind: Kind) {
        let names = asked
            .attrpath()
            .map(|path| syntax::attrpath_names(&path))
            .unwrap_or_default();
        match (kind, names.as_slice()) {
            (Kind::Services, [_]) => {}
            (Kind::Services, [_, field, ..]) | (Kind::Entry, [field, ..]) => {
                self.read(field.clone(), asked.syntax(), true);
            }
            (Kind::Above(behind), [first, ..]) if first.as_deref().is_some_and(|f| f != self.from[behind]) => {}
            _ => self.unclear(asked.syntax(), "it asks whether the option is there"),
        }
    }

    /// `inherit (<value>) a b;`
    fn inherited(&mut self, inherit: &ast::Inherit, kind: Kind) {
        for attr in inherit.attrs() {
            let name = syntax::attr_name(&attr);
            match (kind, name) {
                (Kind::Above(behind), Some(name)) if name == self.from[behind] => {
                    if behind + 1 == self.from.len() {
                        self.named_by_inherit(inherit, &attr, behind);
                        self.bound(inherit, &name, Kind::Services);
                    } else {
                        self.bound(inherit, &name, Kind::Above(behind + 1));
                    }
                }
                (Kind::Above(_), Some(_)) => {}
                (Kind::Services, Some(name)) => self.bound(inherit, &name, Kind::Entry),
                (Kind::Entry, field) => self.read(field, inherit.syntax(), false),
                _ => self.unclear(inherit.syntax(), "which attribute it takes is computed"),
            }
        }
    }

    /// The site `inherit (config.qgroget) a services;`: `services` gets a statement of its own.
    fn named_by_inherit(&mut self, inherit: &ast::Inherit, attr: &ast::Attr, behind: usize) {
        let same_name = self.from.last() == self.to.last() && self.to.get(..behind) == Some(&self.from[..behind]);
        let Some(from) = inherit.from().and_then(|from| from.expr()).filter(|_| same_name) else {
            return self.unclear(
                inherit.syntax(),
                "the collector's list is not in the set that it reads from",
            );
        };
        let text = syntax::text_of(from.syntax());
        let base = match &from {
            ast::Expr::Ident(_) | ast::Expr::Paren(_) => text,
            ast::Expr::Select(select) if select.or_token().is_none() => text,
            _ => format!("({text})"),
        };
        let base = format!("{base}.{}", self.to[behind..self.to.len() - 1].join("."));
        let mut edits = vec![(syntax::span(from.syntax()), base.clone())];
        if inherit.attrs().count() > 1 {
            let last = inherit.syntax().last_token().filter(|token| token.text() == ";");
            let semicolon = last.map(|token| syntax::token_span(&token));
            let own = syntax::span(attr.syntax());
            let before = self.source.text()[..own.start].trim_end().len();
            edits = vec![(before..own.end, String::new())];
            let name = syntax::attr_text(self.from.last().expect("an option's path has parts"));
            let pad = crate::edit::indent::of_line(self.source.text(), own.start);
            let statement = format!(";\n{pad}inherit ({base}) {name};");
            edits.extend(semicolon.map(|span| (span, statement)));
        }
        self.sites.push(Site {
            node: inherit.syntax().clone(),
            edits,
            own: self.own,
            tolerant: false,
        });
    }

    /// An `inherit` that binds `name` to what is followed.
    fn bound(&mut self, inherit: &ast::Inherit, name: &str, kind: Kind) {
        let Some(around) = inherit.syntax().parent() else {
            return;
        };
        match ast::LetIn::can_cast(around.kind()) {
            true => self.uses(
                &around,
                name,
                kind,
                &|binding| matches!(binding, Binding::Inherited(found) if found.syntax() == inherit.syntax()),
            ),
            false => self.unclear(inherit.syntax(), "it becomes an attribute of another set"),
        }
    }

    fn binding(&mut self, value: &ast::AttrpathValue, kind: Kind) {
        let names = value.attrpath().map(|p| syntax::attrpath_names(&p)).unwrap_or_default();
        let around = value.syntax().parent();
        match (names.as_slice(), around) {
            ([Some(name)], Some(around)) if ast::LetIn::can_cast(around.kind()) => {
                self.uses(
                    &around,
                    name,
                    kind,
                    &|binding| matches!(binding, Binding::Value(found) if found.syntax() == value.syntax()),
                );
            }
            _ => self.unclear(value.syntax(), "it becomes an attribute of another set"),
        }
    }

    /// `with <value>; …`
    fn opened(&mut self, with: &ast::With, kind: Kind) {
        let Kind::Above(behind) = kind else {
            return self.unclear(with.syntax(), "a 'with' opens it");
        };
        let taken = with.body().is_some_and(|body| {
            let name = &self.from[behind];
            let uses = syntax::uses_of(body.syntax(), name);
            let from_with = |ident: &SyntaxNode| matches!(scope::lookup(ident, name), Binding::With(_));
            uses.iter().any(from_with)
        });
        if taken {
            self.unclear(with.syntax(), "a 'with' opens it");
        }
    }

    fn operation(&mut self, op: &ast::BinOp, node: &SyntaxNode, kind: Kind) {
        use ast::BinOpKind as Op;
        let other = [op.lhs(), op.rhs()].into_iter().flatten().find(|e| e.syntax() != node);
        match (op.operator(), kind) {
            (Some(Op::Update), Kind::Services | Kind::Entry) | (Some(Op::Concat), Kind::List) => {
                self.follow(op.syntax(), kind);
            }
            (Some(Op::Equal | Op::NotEqual), Kind::Services | Kind::List) if other.as_ref().is_some_and(is_empty) => {}
            _ => self.unclear(op.syntax(), "it is used as a whole"),
        }
    }

    // ── Names ──

    /// Follows every use of `name` below `around` that means `binding`.
    fn uses(&mut self, around: &SyntaxNode, name: &str, kind: Kind, is: &dyn Fn(&Binding) -> bool) {
        for ident in syntax::uses_of(around, name) {
            if !is(&scope::lookup(&ident, name)) {
                continue;
            }
            match ident.parent().and_then(ast::Inherit::cast) {
                Some(inherit) => self.bound(&inherit, name, kind),
                None => self.follow(&ident, kind),
            }
        }
    }
}

/// Whether the value of an expression of this form is the value of the part of it that is followed.
fn passes_through(parent: &SyntaxNode) -> bool {
    let kind = parent.kind();
    ast::Paren::can_cast(kind)
        || ast::LetIn::can_cast(kind)
        || ast::IfElse::can_cast(kind)
        || ast::Assert::can_cast(kind)
}

/// Whether the expression is the module's own configuration.
fn is_config(expr: &ast::Expr) -> bool {
    matches!(expr, ast::Expr::Ident(ident) if syntax::ident_text(ident) == "config")
        && matches!(scope::lookup(expr.syntax(), "config"), Binding::Param(_))
}

fn is_empty(expr: &ast::Expr) -> bool {
    use crate::syntax::HasEntry as _;
    match syntax::unparen(expr.clone()) {
        ast::Expr::AttrSet(set) => set.entries().next().is_none(),
        ast::Expr::List(list) => list.items().next().is_none(),
        _ => false,
    }
}
