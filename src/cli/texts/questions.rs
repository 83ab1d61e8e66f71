//! What is asked of a person, of a new service and of one that is declared nowhere.

/// Before the questions about a new service.
pub const HOW_TO_ANSWER: &str =
    "Enter takes an answer, arrows choose from a list; Ctrl-C leaves, and nothing is written.";
pub const ASK_NAME: &str = "Name";
pub const ASK_CATEGORY: &str = "Category";
pub const ASK_NEW_CATEGORY: &str = "Name of the new category";
pub const ANOTHER_CATEGORY: &str = "another one";
pub const ASK_KIND: &str = "How it runs";
pub const KINDS: [&str; 2] = ["a unit of NixOS", "a container"];
pub const ASK_EXPOSURE: &str = "Who reaches it";
pub const EXPOSURES: [&str; 3] = [
    "private: who has a client certificate",
    "public: anyone",
    "nobody: it has no route",
];
pub const ASK_PORT: &str = "Port";
pub const ASK_SUBDOMAIN: &str = "Subdomain";
pub const ASK_DATABASE: &str = "Does it use a PostgreSQL database?";

/// What comes after a new service.
pub fn new_next(service: &str, module: &std::path::Path) -> String {
    format!(
        "{service} runs nothing yet: say in {} how it does (section 2), then turn it on in the host's settings.",
        module.display()
    )
}

/// Asked of a service that is declared nowhere.
pub fn undeclared_question(service: &str, module: &std::path::Path) -> String {
    format!(
        "{service} is declared nowhere; {} runs it. Migrate it from there [y,N,q,?, or another module]?",
        module.display()
    )
}

pub const UNDECLARED_KEYS: &str = "\
y    migrate it: the module that runs it gets its contract
n    leave it as it is
q    end here
else a path: of the module that runs it, relative to the root of the repository
";

/// Asked where a service's declarations name several directories.
pub fn directory_question(service: &str, directories: &[String]) -> String {
    let mut lines = format!("Where does {service} keep its state?\n");
    for (number, directory) in directories.iter().enumerate() {
        lines.push_str(&format!("  {}  {directory}\n", number + 1));
    }
    lines + "Its number, another directory, null for none, or s to skip the service [s,q,?]?"
}

pub const DIRECTORY_KEYS: &str = "\
What the service keeps stands below this directory; the contract says it as its dataDir, and a backup takes it.
  a number                     one of those above
  /var/lib/x, \"${config.x}/y\"  another directory
  null                         it keeps nothing
  s                            leave this service as it is
  q                            end here
";

/// An answer that says no directory.
pub const NO_DIRECTORY: &str = "expected an absolute directory, Nix source as in '\"${config.a.b}/c\"', or null";

/// The same of an option.
pub fn no_service_directory() -> String {
    format!("SERVICE=DIR: {NO_DIRECTORY}")
}

/// How the same is said without a question.
pub fn directory_said(option: &str) -> String {
    format!("As an option: {option}")
}

/// An answer that names no module.
pub fn no_module(path: &str) -> String {
    format!("there is no module at {path}; a path is relative to the root of the repository")
}

/// A service that `--all` cannot know of.
pub fn undeclared(service: &str, module: &std::path::Path) -> String {
    let module = module.display();
    format!("{service} is declared nowhere: qgroget migrate {service} --from {module}")
}
