//! Whether the code of a service speaks of a database or of secrets, in whatever place of its module: in functions, strings
//! and the files that it imports as well, where no definition tells what they come to.

use crate::plan::model::Context;
use crate::plan::needs::{DATABASE_SERVERS, is_database_address};
use crate::repo::literals;
use crate::resolve::module::{Def, Module};
use crate::resolve::reads::{self, OptionPath};
use crate::syntax::{self, AstNode, SyntaxNode, ast};

/// Servers of databases, below `services`, besides those in which services are known to keep their data.
const OTHER_SERVERS: [&str; 5] = ["redis", "influxdb", "influxdb2", "clickhouse", "ferretdb"];

/// Where sops-nix, agenix and NixOps put secrets, by their defaults.
const SECRET_DIRECTORIES: [&str; 3] = ["/run/secrets", "/run/agenix", "/run/keys"];

/// Settings of units that hand secrets to a program (systemd.exec(5), "Credentials").
const CREDENTIALS: [&str; 5] = [
    "LoadCredential",
    "LoadCredentialEncrypted",
    "SetCredential",
    "SetCredentialEncrypted",
    "ImportCredential",
];

/// Whether the module, or a file that it imports as an expression, defines or reads a server of databases, or has the address
/// of a database among its strings.
pub fn database(context: &Context, module: &Module) -> bool {
    roots(context, module).iter().any(|root| {
        let names = names(root);
        let server = names.iter().any(|path| {
            let pairs = path.windows(2);
            let mut servers = pairs.filter(|pair| pair[0] == "services");
            let is_server = |name: &str| DATABASE_SERVERS.contains(&name) || OTHER_SERVERS.contains(&name);
            servers.any(|pair| is_server(&pair[1]))
        });
        server || texts(root).iter().any(|text| has_address(text))
    })
}

/// Whether the module, or a file that it imports as an expression, reads an option of sops-nix or agenix, or one that is
/// defined by such a read; hands a unit credentials; or names a file where secrets are put.
pub fn secrets(context: &Context, module: &Module) -> bool {
    let is_defined_so = |path: &OptionPath| {
        let known: Option<Vec<&str>> = path.iter().map(Option::as_deref).collect();
        let definitions = known.map(|path| context.model.definitions(&path)).unwrap_or_default();
        // What many say together says nothing of the one that is read.
        let value = |def: &Def| {
            def.value
                .clone()
                .filter(|value| !matches!(value, ast::Expr::AttrSet(_)))
        };
        let reads = |def: &Def| value(def).is_some_and(|value| reads_secrets(value.syntax()));
        definitions.iter().any(|(_, def)| reads(def))
    };
    roots(context, module).iter().any(|root| {
        let by_option = || {
            options(root)
                .iter()
                .any(|path| is_of_secrets(path) || is_defined_so(path))
        };
        let credentials = |path: &Vec<String>| path.last().is_some_and(|last| CREDENTIALS.contains(&last.as_str()));
        names_a_secret(root) || by_option() || names(root).iter().any(credentials)
    })
}

/// The module, and the files that it reads by `import` of a path.
fn roots(context: &Context, module: &Module) -> Vec<SyntaxNode> {
    let root = module.source.root();
    let imported = syntax::nodes::<ast::Apply>(&root).into_iter().filter_map(|apply| {
        let (function, arguments) = syntax::call(&ast::Expr::Apply(apply));
        let path = match (syntax::function_name(&function)?.as_str(), arguments.first()?) {
            ("import", ast::Expr::PathRel(path)) => literals::target(&module.source, path)?,
            _ => return None,
        };
        let source = context.repo.source(&context.repo.import_target(&path)?)?;
        Some(source.root())
    });
    let imported: Vec<SyntaxNode> = imported.collect();
    [root].into_iter().chain(imported).collect()
}

/// The attrpaths that are written below `root`, each with the names around it: those of the sets that it stands in.
fn names(root: &SyntaxNode) -> Vec<Vec<String>> {
    let values = syntax::nodes::<ast::Attrpath>(root).into_iter();
    let with_outer = |path: ast::Attrpath| {
        let binding = path.syntax().parent().and_then(ast::AttrpathValue::cast);
        let mut found: Vec<String> = syntax::attrpath_names(&path)
            .into_iter()
            .map(Option::unwrap_or_default)
            .collect();
        let outer = binding.iter().flat_map(|binding| binding.syntax().ancestors().skip(1));
        for above in outer.filter_map(ast::AttrpathValue::cast) {
            let names = above
                .attrpath()
                .map(|path| syntax::attrpath_names(&path))
                .unwrap_or_default();
            found.splice(0..0, names.into_iter().map(Option::unwrap_or_default));
        }
        found
    };
    values.map(with_outer).collect()
}

fn texts(root: &SyntaxNode) -> Vec<String> {
    let strings = syntax::nodes::<ast::Str>(root).into_iter();
    strings.map(|string| syntax::text_of(string.syntax())).collect()
}

/// Whether a text has the address of a database of a known kind in it.
fn has_address(text: &str) -> bool {
    let schemes = text.match_indices("://").map(|(at, _)| {
        let before = &text[..at];
        let start = before
            .rfind(|c: char| !c.is_ascii_alphanumeric() && c != '+')
            .map_or(0, |at| at + 1);
        &before[start..]
    });
    schemes.into_iter().any(is_database_address)
}

fn options(root: &SyntaxNode) -> Vec<OptionPath> {
    let selects = syntax::nodes::<ast::Select>(root).into_iter();
    selects
        .filter_map(|select| reads::option(&ast::Expr::Select(select)))
        .collect()
}

fn is_of_secrets(path: &OptionPath) -> bool {
    matches!(path.first(), Some(Some(name)) if name == "sops" || name == "age")
}

fn names_a_secret(root: &SyntaxNode) -> bool {
    let is_file = |text: &String| SECRET_DIRECTORIES.iter().any(|directory| text.contains(directory));
    texts(root).iter().any(is_file)
}

fn reads_secrets(root: &SyntaxNode) -> bool {
    options(root).iter().any(is_of_secrets) || names_a_secret(root)
}
