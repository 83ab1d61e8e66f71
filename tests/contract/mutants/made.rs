//! The mutants of the contract: every change of every family, at every node of its files.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use qgroget::syntax::ast::{AttrSet, Attrpath, AttrpathValue};
use qgroget::syntax::{AstNode, Source, SyntaxNode, parses, span};

use super::change::{Change, called, place};
use super::{calls, collections, conditions, logic, patterns, values};
use crate::common::project;

/// The files, with the parameter by which the suite takes another one.
pub const FILES: [(&str, &str); 3] = [
    ("options.nix", "optionsFile"),
    ("collector.nix", "collectorFile"),
    ("legacy-bridge.nix", "bridgeFile"),
];

const FAMILIES: [fn(&SyntaxNode) -> Vec<Change>; 6] = [
    conditions::changes,
    logic::changes,
    values::changes,
    collections::changes,
    calls::changes,
    patterns::changes,
];

/// A file with one change.
pub struct Mutant {
    /// Its place in the list of all.
    pub number: usize,
    pub file: &'static str,
    pub parameter: &'static str,
    pub operator: &'static str,
    pub line: usize,
    /// The bindings that it stands in.
    pub place: String,
    /// The node on one line, and which part of it is changed.
    pub code: String,
    pub to: String,
    source: Source,
    span: Range<usize>,
    replacement: String,
}

impl Mutant {
    /// The whole text of the changed file; `None` where it does not parse.
    pub fn text(&self) -> Option<String> {
        let text = self.source.text();
        let changed = format!(
            "{}{}{}",
            &text[..self.span.start],
            self.replacement,
            &text[self.span.end..]
        );
        parses(&changed).then_some(changed)
    }

    /// By what it is listed as harmless: not by its line, which any edit moves.
    pub fn key(&self) -> String {
        format!("{}: {}: {}: {}", self.file, self.place, self.operator, self.code)
    }
}

impl std::fmt::Display for Mutant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:4} {}:{}: {}: {}",
            self.number, self.file, self.line, self.operator, self.code
        )?;
        if self.to.is_empty() {
            Ok(())
        } else {
            write!(f, "  =>  {}", self.to)
        }
    }
}

/// All of them, in the order of the files; none that changes nothing, or the same as another one.
pub fn all() -> Vec<Mutant> {
    let mut mutants: Vec<Mutant> = Vec::new();
    let mut keys: HashMap<String, usize> = HashMap::new();
    for (file, parameter) in FILES {
        let text = std::fs::read_to_string(project().join("nix").join(file)).unwrap();
        let source = Source::new(file, text.as_str());
        let mut seen = HashSet::new();
        for change in source
            .root()
            .descendants()
            .filter(|node| !is_documentation(node))
            .flat_map(changes)
        {
            let (span, replacement) = least(&text, &change);
            let is_other = text[span.clone()] != replacement;
            if is_other && seen.insert((span.start, span.end, replacement.clone())) {
                let mut mutant = Mutant {
                    number: mutants.len(),
                    file,
                    parameter,
                    operator: change.operator,
                    line: text[..change.span.start].matches('\n').count() + 1,
                    place: place(&change.node),
                    code: code(&change, &text),
                    to: on_one_line(&change.to),
                    source: source.clone(),
                    span,
                    replacement,
                };
                let alike = keys.entry(mutant.key()).or_insert(0);
                *alike += 1;
                if *alike > 1 {
                    mutant.code += &format!(" ({alike})");
                }
                mutants.push(mutant);
            }
        }
    }
    mutants
}

/// A change without what stays as it is at both of its ends, so that equal ones are known.
fn least(text: &str, change: &Change) -> (Range<usize>, String) {
    let (old, new) = (&text[change.span.clone()], &change.to);
    let same = |pairs: &mut dyn Iterator<Item = (char, char)>| -> usize {
        pairs.take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum()
    };
    let before = same(&mut old.chars().zip(new.chars()));
    let after = same(&mut old[before..].chars().rev().zip(new[before..].chars().rev()));
    let span = change.span.start + before..change.span.end - after;
    (span, new[before..new.len() - after].to_owned())
}

fn changes(node: SyntaxNode) -> Vec<Change> {
    FAMILIES.iter().flat_map(|family| family(&node)).collect()
}

/// Whether a node is part of what only the field reference shows, which the tests of the guides compare word for word.
fn is_documentation(node: &SyntaxNode) -> bool {
    let is_text = |binding: AttrpathValue| {
        let in_set = binding
            .syntax()
            .parent()
            .is_some_and(|parent| AttrSet::can_cast(parent.kind()));
        let path = binding.attrpath().map(|path| path.syntax().text().to_string());
        ["description", "example", "defaultText"]
            .map(Some)
            .contains(&path.as_deref())
            && in_set
    };
    let inner = |outer: &SyntaxNode| {
        let parent = outer.parent()?;
        if !Attrpath::can_cast(outer.kind()) && AttrpathValue::cast(parent.clone()).is_some_and(is_text) {
            return Some(());
        }
        // The collector's results are all declared by one function, of their description, example and value.
        let call = parent.ancestors().take(3).find_map(|around| called(&around))?;
        let (name, arguments) = call;
        let is_said = arguments.iter().take(2).any(|argument| argument.syntax() == outer);
        (name == "result" && is_said).then_some(())
    };
    node.ancestors().any(|outer| inner(&outer).is_some())
}

/// What is changed, as it is recognised: the node, or what a short one stands in, and in brackets the part of it.
fn code(change: &Change, text: &str) -> String {
    let says_enough = |node: &SyntaxNode| usize::from(node.text().len()) >= 20;
    let node = change.node.ancestors().find(says_enough).expect("the file");
    let whole = shortened(&on_one_line(&node.text().to_string()));
    if span(&node) == change.span {
        return whole;
    }
    format!("{whole} [{}]", shortened(&on_one_line(&text[change.span.clone()])))
}

fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Its beginning and end, where it is long.
fn shortened(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() <= 120 {
        return text.to_owned();
    }
    let of = |characters: &[char]| characters.iter().collect::<String>();
    format!(
        "{} … {}",
        of(&characters[..80]),
        of(&characters[characters.len() - 35..])
    )
}
