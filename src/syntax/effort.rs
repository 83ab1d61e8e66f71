//! How much work it is to format a text with alejandra, found before that is done.
//!
//! alejandra 3.1 asks of most expressions whether they fit into a line before it lays them out, and finds out by laying them out
//! in one line (`builder.rs`, `fits_in_single_line`). As a rule that ends at once: the first end of a line says no. Some
//! expressions are laid out on the way to that end, and ask the same of what is in them, so that each level of them doubles
//! the work. The kinds here are those of which a nesting of 30 does not come to an end within seconds, each broken over
//! lines in each way; what is ordinary is estimated far too high rather than too low.

use rnix::SyntaxKind::*;
use rowan::{NodeOrToken, WalkEvent};

use super::{Source, SyntaxNode, is_comment, is_whitespace};

/// How often a token is laid out.
#[derive(Clone, Copy)]
struct Repeats {
    /// By expressions that lay out all that is in them more than once.
    whole: u64,
    /// By expressions that ask twice whether what is in them fits into a line.
    line: u64,
    /// By those around it that ask once, each of them.
    asked: u64,
}

/// How often the tokens of a text are laid out altogether, at most.
pub(super) fn layouts(text: &str) -> u64 {
    let root = Source::new("", text).root();
    let mut around = vec![Repeats {
        whole: 1,
        line: 1,
        asked: 1,
    }];
    let mut layouts = 0_u64;
    for event in root.preorder_with_tokens() {
        let outer = *around.last().expect("no more is left than was entered");
        match event {
            WalkEvent::Enter(NodeOrToken::Node(node)) => around.push(outer.within(&node)),
            WalkEvent::Leave(NodeOrToken::Node(_)) => _ = around.pop(),
            WalkEvent::Enter(NodeOrToken::Token(_)) => layouts = layouts.saturating_add(outer.product()),
            WalkEvent::Leave(NodeOrToken::Token(_)) => {}
        }
    }
    layouts
}

impl Repeats {
    fn product(self) -> u64 {
        self.whole.saturating_mul(self.line).saturating_mul(self.asked)
    }

    /// Of what is in `node`, where these are of what is around it.
    fn within(mut self, node: &SyntaxNode) -> Repeats {
        self.asked += 1;
        // The condition of a `with` or `assert` is laid out before the end of the line, what follows is not.
        let clause = node
            .parent()
            .filter(|parent| matches!(parent.kind(), NODE_WITH | NODE_ASSERT) && is_broken(parent));
        match clause.map(|clause| clause.first_child().as_ref() == Some(node)) {
            Some(true) => self.line = self.line.saturating_mul(2),
            Some(false) => self = self.asked_anew(),
            None => {}
        }
        match node.kind() {
            NODE_PAREN | NODE_INHERIT_FROM | NODE_INTERPOL => self.whole = self.whole.saturating_mul(2),
            NODE_ATTRPATH_VALUE if is_call_over_lines(node) => self.whole = self.whole.saturating_mul(3),
            NODE_APPLY | NODE_LAMBDA | NODE_PATTERN | NODE_PAT_ENTRY if is_broken(node) => {
                self.line = self.line.saturating_mul(2);
            }
            // The first line ends before anything that is in it.
            NODE_ATTR_SET | NODE_LIST | NODE_LET_IN if is_broken(node) => self = self.asked_anew(),
            _ => {}
        }
        self
    }

    fn asked_anew(self) -> Repeats {
        Repeats {
            line: 1,
            asked: 1,
            ..self
        }
    }
}

/// Whether a comment or the end of a line stands between the parts of an expression.
fn is_broken(node: &SyntaxNode) -> bool {
    let mut tokens = node.children_with_tokens().filter_map(NodeOrToken::into_token);
    tokens.any(|token| is_comment(&token) || is_whitespace(&token) && token.text().contains('\n'))
}

/// Whether a binding gives the result of a call, over more than one line.
fn is_call_over_lines(binding: &SyntaxNode) -> bool {
    binding.children().any(|value| value.kind() == NODE_APPLY) && binding.text().contains_char('\n')
}
