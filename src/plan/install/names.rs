//! The texts in `nix/` with a repository's own option names.
//!
//! The texts are written with the names of `rules/names.toml`. Where a repository has others, names are replaced in the
//! syntax tree: attribute paths however they are divided (`options.a = { b = …; }`, `inherit (config.a) b`, `config.a ? b`,
//! `["a" "b"]`), and dotted names in strings and comments. With the default names a text stays as it is, byte for byte.

use std::ops::Range;
use std::path::Path;
use std::sync::OnceLock;

use crate::error::{Error, Result};
use crate::rules::{Rules, parts};
use crate::syntax::{self, AstNode, HasEntry, InterpolPart, Source, SyntaxNode, ast};

type Edit = (Range<usize>, String);

/// What is called otherwise.
pub struct Names {
    /// Option paths: as the texts have them, and as the repository has them; the longest first.
    paths: Vec<(Vec<String>, Vec<String>)>,
    /// The attribute that holds a persistent root's list.
    list: (String, String),
    /// The repository's places: the server's modules, and the way from a test to the root.
    server: String,
    up: String,
}

fn defaults() -> &'static Rules {
    static DEFAULTS: OnceLock<Rules> = OnceLock::new();
    DEFAULTS.get_or_init(|| Rules::new(None).expect("the embedded rules are valid"))
}

/// The option paths that the texts name.
fn named(rules: &Rules) -> Vec<Vec<String>> {
    let names = &rules.namespaces;
    let persistence = rules.persistence.options.first();
    let domain = rules.values.domain.strip_prefix("config.");
    let is_path = |path: &&str| path.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    let all = [
        Some(names.contract.as_str()),
        Some(names.contract_options.as_str()),
        Some(names.collector.as_str()),
        Some(names.services.as_str()),
        Some(names.backups.as_str()),
        persistence.map(String::as_str),
        // Any other expression cannot stand where the texts have a path.
        domain.filter(is_path),
    ];
    let split = |path: &str| parts(path).into_iter().map(str::to_owned).collect();
    all.into_iter()
        .map(|path| path.map(split).unwrap_or_default())
        .collect()
}

impl Names {
    /// The names in force.
    pub fn of(rules: &Rules) -> Names {
        let pairs = named(defaults()).into_iter().zip(named(rules));
        let mut paths: Vec<(Vec<String>, Vec<String>)> = pairs.filter(|(_, own)| !own.is_empty()).collect();
        paths.sort_by_key(|(default, _)| std::cmp::Reverse(default.len()));
        Names {
            paths,
            list: (defaults().persistence.list.clone(), rules.persistence.list.clone()),
            server: rules.paths.server.display().to_string(),
            up: vec![".."; rules.paths.tests.components().count() + 1].join("/"),
        }
    }

    /// The same, with what switches of services are called: documents name them, and what is installed has none.
    pub fn with_switches(mut self, rules: &Rules) -> Names {
        let split = |path: &str| parts(path).into_iter().map(str::to_owned).collect();
        let [default, own] = [defaults(), rules].map(|rules| split(&rules.namespaces.switches));
        self.paths.push((default, own));
        self.paths.sort_by_key(|(default, _)| std::cmp::Reverse(default.len()));
        self
    }

    fn is_default(&self) -> bool {
        self.list.0 == self.list.1 && self.paths.iter().all(|(default, own)| default == own)
    }

    /// A file's text as it is installed at `path`.
    ///
    /// # Errors
    /// An internal error where the result would not parse.
    pub fn fitted(&self, path: &Path, text: &str) -> Result<String> {
        let text = match path.extension().is_some_and(|extension| extension == "nix") {
            true => self.code(text)?,
            false => self.prose(text),
        };
        Ok(text.replace("modules/server", &self.server).replace("../..", &self.up))
    }

    /// Nix source with the repository's names.
    ///
    /// # Errors
    /// An internal error where the result would not parse.
    pub fn code(&self, text: &str) -> Result<String> {
        if self.is_default() {
            return Ok(text.to_owned());
        }
        let source = Source::new("installed.nix", text);
        let mut edits = self.edits(&source.root());
        edits.sort_by_key(|(range, _)| (range.start, range.end));
        let (mut result, mut at) = (String::with_capacity(text.len()), 0);
        for (range, new) in edits {
            if range.start < at {
                return Err(Error::internal(format!("two names overlap at byte {at}")));
            }
            result.push_str(&text[at..range.start]);
            result.push_str(&new);
            at = range.end;
        }
        result.push_str(&text[at..]);
        syntax::format(&result).ok_or_else(|| Error::internal("an installed file would not parse").because(result))
    }

    /// Text with the repository's names in place of dotted ones.
    pub fn prose(&self, text: &str) -> String {
        if self.is_default() {
            return text.to_owned();
        }
        let (mut result, mut rest) = (String::with_capacity(text.len()), text);
        let is_word = |c: char| c.is_alphanumeric() || "-_'".contains(c);
        while let Some(next) = rest.chars().next() {
            let begins = !result.chars().next_back().is_some_and(is_word);
            let found = self.paths.iter().filter(|_| begins).find_map(|(default, own)| {
                let after = rest.strip_prefix(&*default.join("."))?;
                (!after.chars().next().is_some_and(is_word)).then(|| (after, dotted(own)))
            });
            match found {
                Some((after, own)) => {
                    result.push_str(&own);
                    rest = after;
                }
                None => {
                    result.push(next);
                    rest = &rest[next.len_utf8()..];
                }
            }
        }
        result
    }

    fn edits(&self, root: &SyntaxNode) -> Vec<Edit> {
        let mut edits = Vec::new();
        // Paths that were replaced with the binding around them.
        let mut done: Vec<Range<usize>> = Vec::new();
        for node in root.descendants() {
            if let Some(binding) = ast::AttrpathValue::cast(node.clone()) {
                self.binding(&binding, &mut done, &mut edits);
            } else if let Some(inherit) = ast::Inherit::cast(node.clone()) {
                self.inherit(&inherit, &done, &mut edits);
            } else if let Some(select) = ast::Select::cast(node.clone()) {
                select.attrpath().iter().for_each(|path| self.path(path, &mut edits));
            } else if let Some(has) = ast::HasAttr::cast(node.clone()) {
                self.has(&has, &mut edits);
            } else if let Some(list) = ast::List::cast(node.clone()) {
                self.list(&list, &mut edits);
            } else if let Some(string) = ast::Str::cast(node) {
                for part in string.parts() {
                    if let InterpolPart::Literal(part) = part {
                        self.word(syntax::literal_span(&part), &syntax::literal_text(&part), &mut edits);
                    }
                }
            }
        }
        for comment in syntax::tokens(root).filter(syntax::is_comment) {
            self.word(syntax::token_span(&comment), comment.text(), &mut edits);
        }
        edits
    }

    fn word(&self, span: Range<usize>, text: &str, edits: &mut Vec<Edit>) {
        let new = self.prose(text);
        if new != text {
            edits.push((span, new));
        }
    }

    /// The longest option path that `names` begin with, and what it is called.
    fn known(&self, names: &[Option<String>]) -> Option<(usize, &[String])> {
        let fits = |default: &[String]| {
            names.len() >= default.len() && names.iter().zip(default).all(|(a, b)| a.as_ref() == Some(b))
        };
        let (default, own) = self.paths.iter().find(|(default, _)| fits(default))?;
        Some((default.len(), own))
    }

    /// Whether option paths begin with these names, and none is these names.
    fn is_part(&self, names: &[Option<String>]) -> bool {
        let fits = |default: &[String]| {
            names.len() < default.len() && names.iter().zip(default).all(|(a, b)| a.as_ref() == Some(b))
        };
        !names.is_empty() && self.paths.iter().any(|(default, _)| fits(default))
    }

    /// Replaces an option path within an attribute path.
    fn path(&self, path: &ast::Attrpath, edits: &mut Vec<Edit>) {
        let attrs: Vec<SyntaxNode> = path.attrs().map(|attr| attr.syntax().clone()).collect();
        let names = syntax::attrpath_names(path);
        if let Some((at, (length, own))) = (0..names.len()).find_map(|at| Some((at, self.known(&names[at..])?))) {
            let range = syntax::span(&attrs[at]).start..syntax::span(&attrs[at + length - 1]).end;
            edits.push((range, dotted(own)));
        }
        // `<root>.directories`: the root is an option's value.
        for pair in attrs.windows(2) {
            let of_root = syntax::text_of(&pair[0]).contains("persistenceRoot");
            if of_root && pair[1].text() == self.list.0.as_str() {
                edits.push((syntax::span(&pair[1]), syntax::attr_text(&self.list.1)));
            }
        }
    }

    /// `options.a = { b = …; inherit c; };` becomes bindings of whole option paths; of any other binding, the path.
    fn binding(&self, binding: &ast::AttrpathValue, done: &mut Vec<Range<usize>>, edits: &mut Vec<Edit>) {
        let Some(path) = binding.attrpath() else { return };
        if done.contains(&syntax::span(path.syntax())) {
            return;
        }
        let names = syntax::attrpath_names(&path);
        let skip = usize::from(matches!(names.first(), Some(Some(first)) if first == "options" || first == "config"));
        let set = match binding.value() {
            Some(ast::Expr::AttrSet(set)) if self.is_part(&names[skip..]) => set,
            _ => return self.path(&path, edits),
        };
        let head = match skip {
            0 => String::new(),
            _ => format!("{}.", names[0].clone().unwrap_or_default()),
        };
        let whole = |inner: &[Option<String>]| -> Vec<Option<String>> { [&names[skip..], inner].concat() };
        let own = |inner: &[Option<String>]| {
            let full = whole(inner);
            let (length, own) = self.known(&full)?;
            let rest = full[length..].iter().flatten().cloned();
            Some(format!(
                "{head}{}",
                dotted(&own.iter().cloned().chain(rest).collect::<Vec<_>>())
            ))
        };
        let (span, braces) = (syntax::span(binding.syntax()), syntax::span(set.syntax()));
        edits.push((span.start..braces.start + 1, String::new()));
        edits.push((braces.end - 1..span.end, String::new()));
        for entry in set.entries() {
            match &entry {
                ast::Entry::AttrpathValue(value) => {
                    let Some(path) = value.attrpath() else { continue };
                    let inner = syntax::attrpath_names(&path);
                    let text = own(&inner).unwrap_or_else(|| format!("{head}{}", joined(&whole(&inner))));
                    done.push(syntax::span(path.syntax()));
                    edits.push((syntax::span(path.syntax()), text));
                }
                ast::Entry::Inherit(inherit) => {
                    let each = inherit.attrs().filter_map(|attr| {
                        let name = syntax::attr_name(&attr)?;
                        let inner = [Some(name.clone())];
                        let text = own(&inner).unwrap_or_else(|| format!("{head}{}", joined(&whole(&inner))));
                        Some(format!("{text} = {};", syntax::attr_text(&name)))
                    });
                    let each: Vec<String> = each.collect();
                    done.push(syntax::span(inherit.syntax()));
                    edits.push((syntax::span(inherit.syntax()), each.join("\n")));
                }
            }
        }
    }

    /// `inherit (config.a) b;` as `b = config.<a.b>;`.
    fn inherit(&self, inherit: &ast::Inherit, done: &[Range<usize>], edits: &mut Vec<Edit>) {
        let from = inherit.from().and_then(|from| from.expr());
        let Some((base, prefix)) = from.as_ref().and_then(|from| self.divided(from)) else {
            return;
        };
        if done.contains(&syntax::span(inherit.syntax())) {
            return;
        }
        let each = inherit.attrs().filter_map(|attr| {
            let name = syntax::attr_name(&attr)?;
            let full = [&prefix[..], &[Some(name.clone())]].concat();
            let path = match self.known(&full) {
                Some((_, own)) => dotted(own),
                None => joined(&full),
            };
            Some(format!("{} = {base}.{path};", syntax::attr_text(&name)))
        });
        let each: Vec<String> = each.collect();
        edits.push((syntax::span(inherit.syntax()), each.join("\n")));
    }

    /// `config.a ? b.c` as `config ? <a.b.c>`.
    fn has(&self, has: &ast::HasAttr, edits: &mut Vec<Edit>) {
        let (Some(expr), Some(path)) = (has.expr(), has.attrpath()) else {
            return;
        };
        let Some((base, prefix)) = self.divided(&expr) else {
            return;
        };
        let full = [&prefix[..], &syntax::attrpath_names(&path)[..]].concat();
        if let Some((length, own)) = self.known(&full) {
            let rest = full[length..].iter().flatten().cloned();
            let path = dotted(&own.iter().cloned().chain(rest).collect::<Vec<_>>());
            edits.push((syntax::span(has.syntax()), format!("{base} ? {path}")));
        }
    }

    /// `["a" "b"]` as the parts of `<a.b>`.
    fn list(&self, list: &ast::List, edits: &mut Vec<Edit>) {
        let items: Vec<ast::Expr> = list.items().collect();
        let names: Vec<Option<String>> = items
            .iter()
            .map(|item| match item {
                ast::Expr::Str(string) => syntax::string_value(string),
                _ => None,
            })
            .collect();
        if let Some((length, own)) = self.known(&names) {
            let range = syntax::span(items[0].syntax()).start..syntax::span(items[length - 1].syntax()).end;
            let own: Vec<String> = own.iter().map(|part| syntax::string_text(part)).collect();
            edits.push((range, own.join(" ")));
        }
    }

    /// A selection whose end is the beginning of an option path: what stands before, and that beginning.
    fn divided(&self, expr: &ast::Expr) -> Option<(String, Vec<Option<String>>)> {
        let ast::Expr::Select(select) = expr else { return None };
        let path = select.attrpath()?;
        let names = syntax::attrpath_names(&path);
        let at = (0..names.len()).find(|at| self.is_part(&names[*at..]))?;
        let base = std::iter::once(syntax::text_of(select.expr()?.syntax()))
            .chain(path.attrs().take(at).map(|attr| syntax::text_of(attr.syntax())));
        Some((base.collect::<Vec<_>>().join("."), names[at..].to_vec()))
    }
}

fn dotted(path: &[String]) -> String {
    let parts: Vec<String> = path.iter().map(|part| syntax::attr_text(part)).collect();
    parts.join(".")
}

fn joined(path: &[Option<String>]) -> String {
    crate::resolve::module::path_text(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn other() -> Names {
        let own = "[namespaces]\ncontract = \"rack.contracts\"\ncontract-options = \"rack.settings.contract\"\n\
                   collector = \"rack.collected\"\nservices = \"rack.apps\"\nbackups = \"rack.backups\"\n\
                   [values]\ndomain = \"config.rack.domain\"\n\
                   [persistence]\noptions = [\"preservation.preserveAt\"]\nlist = \"folders\"\n";
        Names::of(&Rules::new(Some((Path::new("qgroget.toml"), own))).expect("valid"))
    }

    fn code(text: &str) -> String {
        other().code(text).expect("parses")
    }

    #[test]
    fn a_path_is_found_however_it_is_divided() {
        assert_eq!(
            code("config.qgroget.serviceModules.${x}.port\n"),
            "config.rack.contracts.${x}.port\n"
        );
        assert_eq!(
            code("{options.qgroget = {contract.strict = 1; serviceModules = 2;};}\n"),
            "{\n  options.rack.settings.contract.strict = 1;\n  options.rack.contracts = 2;\n}\n"
        );
        assert_eq!(
            code("{qgroget = {inherit serviceModules;};}\n"),
            "{rack.contracts = serviceModules;}\n"
        );
        assert_eq!(
            code("let inherit (config.qgroget) contract; in contract\n"),
            "let contract = config.rack.settings.contract; in contract\n"
        );
        assert_eq!(code("config.qgroget ? server.domain\n"), "config ? rack.domain\n");
        assert_eq!(
            code("accepts [\"qgroget\" \"backups\"] options\n"),
            "accepts [\"rack\" \"backups\"] options\n"
        );
        assert_eq!(
            code("{environment.persistence.${contract.persistenceRoot}.directories = x;}\n"),
            "{preservation.preserveAt.${contract.persistenceRoot}.folders = x;}\n"
        );
    }

    #[test]
    fn names_in_strings_and_comments_are_whole_words() {
        assert_eq!(
            code("# qgroget.services, qgroget.serviceModules.x\n1\n"),
            "# rack.apps, rack.contracts.x\n1\n"
        );
        assert_eq!(
            code("\"Fix: qgroget.serviceModules.${x}.y = 1;\"\n"),
            "\"Fix: rack.contracts.${x}.y = 1;\"\n"
        );
        assert_eq!(
            other().prose("my-qgroget.services qgroget.servicesX"),
            "my-qgroget.services qgroget.servicesX"
        );
    }

    #[test]
    fn with_the_default_names_a_text_stays_as_it_is() {
        let text = "{a=1; qgroget.services  = config.qgroget.backups;}";
        assert_eq!(Names::of(defaults()).code(text).expect("unchanged"), text);
    }

    #[test]
    fn no_default_name_is_left_in_what_is_installed() {
        for text in [
            super::super::OPTIONS,
            super::super::COLLECTOR,
            super::super::BRIDGE,
            super::super::TEMPLATE,
        ] {
            // The program is called what it is called.
            let text = code(text).replace("`qgroget new ", "`");
            assert!(
                !text.contains("qgroget") && !text.contains("environment.persistence"),
                "{text}"
            );
        }
    }
}
