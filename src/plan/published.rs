//! Published ports of containers.

use std::ops::Range;

use crate::syntax::{self, AstNode, SyntaxNode, ast};

/// Names of lists of published ports, as containers have them: `"8080:80"`.
const LISTS: [&str; 2] = ["publishPorts", "ports"];

/// The bytes of the host's port in a string that is a mapping in a list of published ports, where it is `port`.
pub fn host_port(string: &SyntaxNode, port: u16) -> Option<Range<usize>> {
    let list = string.parent().filter(|parent| ast::List::can_cast(parent.kind()))?;
    let name = name_of(&list)?;
    let text = syntax::text_of(string);
    let mapping = text.strip_prefix('"')?.strip_suffix('"')?;
    if !LISTS.contains(&name.as_str()) || mapping.contains(['$', '/']) {
        return None;
    }
    let (before, _) = mapping.rsplit_once(':')?;
    let host = before.rsplit_once(':').map_or(before, |(_, host)| host);
    let start = syntax::span(string).start + 1 + before.len() - host.len();
    (host == port.to_string()).then(|| start..start + host.len())
}

/// The last name of the binding whose value a node is.
pub fn name_of(node: &SyntaxNode) -> Option<String> {
    let binding = ast::AttrpathValue::cast(syntax::parenthesised(node).parent()?)?;
    syntax::attrpath_names(&binding.attrpath()?).pop()?
}
