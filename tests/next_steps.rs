//! Every refusal says what to do next: read from the code that makes them.

use crate::common::project;

/// Functions that make a refusal and give it no next step, as `path: function`.
struct WithoutNext<'f> {
    file: &'f str,
    found: Vec<String>,
}

impl WithoutNext<'_> {
    fn look(&mut self, name: &syn::Ident, attributes: &[syn::Attribute], block: &syn::Block) {
        let is_test = attributes.iter().any(|attribute| attribute.path().is_ident("test"));
        let mut made = Made::default();
        syn::visit::Visit::visit_block(&mut made, block);
        if !is_test && made.refuses && !made.says_next {
            self.found.push(format!("{}: {name}", self.file));
        }
    }
}

impl<'ast> syn::visit::Visit<'ast> for WithoutNext<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.look(&item.sig.ident, &item.attrs, &item.block);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.look(&item.sig.ident, &item.attrs, &item.block);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if item.ident != "tests" {
            syn::visit::visit_item_mod(self, item);
        }
    }
}

/// Whether code makes a refusal, and whether it says what comes next, itself or by a function that is there for that.
#[derive(Default)]
struct Made {
    refuses: bool,
    says_next: bool,
}

/// Functions that add a next step.
const SAY_NEXT: [&str; 2] = ["undo_first", "put_aside"];

impl<'ast> syn::visit::Visit<'ast> for Made {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.refuses |= matches!(names[..], ["Error", "refused" | "usage"]);
        self.says_next |= names.last().is_some_and(|last| SAY_NEXT.contains(last));
        syn::visit::visit_path(self, path);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.says_next |= call.method == "hint";
        syn::visit::visit_expr_method_call(self, call);
    }
}

/// Those that have none for a reason.
const WITHOUT_NEXT: [(&str, &str); 6] = [
    (
        "src/check/texts.rs: read_only_field",
        "the message says it, as the collector does, word for word",
    ),
    ("src/check/texts.rs: not_known", "a note: nothing is to be done"),
    (
        "src/cli/new/wizard.rs: stopped",
        "the person has just gone away from the questions",
    ),
    ("src/error/prove.rs: withheld", "what calls it gives it next steps"),
    ("src/error/syntax.rs: misread", "what calls it gives it next steps"),
    ("src/rules/read.rs: wrong", "what calls it gives it next steps"),
];

#[test]
fn every_refusal_has_a_next_step() {
    fn files(directory: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            match path.is_dir() {
                true if name != "tests" => files(&path, found),
                false if name.ends_with(".rs") && !name.contains("test") && name != "fake.rs" => found.push(path),
                _ => {}
            }
        }
    }
    let mut all = Vec::new();
    files(&project().join("src"), &mut all);
    let mut found = Vec::new();
    for path in all {
        let file = path.strip_prefix(project()).unwrap().display().to_string();
        let text = std::fs::read_to_string(&path).unwrap();
        let mut without = WithoutNext {
            file: &file,
            found: Vec::new(),
        };
        syn::visit::Visit::visit_file(&mut without, &syn::parse_file(&text).unwrap());
        found.extend(without.found);
    }
    found.sort();
    let mut expected: Vec<&str> = WITHOUT_NEXT.iter().map(|(name, _)| *name).collect();
    expected.sort_unstable();
    assert_eq!(found, expected);
}
