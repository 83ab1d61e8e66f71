//! Where a service keeps its state that is neither persisted nor backed up by itself: what the options of the NixOS module
//! that runs it say, the directories that its containers mount, and what is known of the NixOS module's defaults. Nothing is
//! persisted because of it: the contract's list of persistent directories is explicit.

use super::candidate::Candidate;
use super::{Found, texts};
use crate::plan::model::{Context, ServiceFacts};
use crate::plan::needs::own::ServiceDefs;
use crate::plan::upstream::{self, TurnedOn};
use crate::resolve::free;
use crate::resolve::list::list_elements;
use crate::resolve::module::{Def, Module};
use crate::resolve::scope::Binding;
use crate::rules::{ContractField, parts};
use crate::syntax::{self, AstNode, InterpolPart, SyntaxNode, ast};

/// Options of a NixOS module that hold the directory of its state, where nothing is known of the module.
const OPTIONS: [&str; 3] = ["dataDir", "stateDir", "configDir"];

/// Directories in which nothing is kept.
const NO_STATE: [&str; 7] = ["/dev/", "/etc/", "/nix/", "/proc", "/run/", "/sys", "/var/run/"];

/// What the service's own definitions and the known defaults of its NixOS module say.
pub fn find(context: &Context, facts: &ServiceFacts) -> Found {
    let own = ServiceDefs::of(context, facts);
    let turned_on = upstream::turned_on(context, facts.home).into_iter();
    let mentioned = own.attributes(&["services"]);
    let turned_on: Vec<TurnedOn> = turned_on.filter(|one| mentioned.contains(&one.option)).collect();
    let running: Vec<&TurnedOn> = turned_on.iter().filter(|one| runs(context, facts, one)).collect();
    let elsewhere = elsewhere(context, facts, &turned_on, &mentioned);
    let mut said = Vec::new();
    let mut unread = None;
    for one in running.iter().copied().chain(&elsewhere) {
        match option_of(context, &own, one) {
            Some(Ok(candidate)) => said.push(candidate),
            Some(Err(option)) => unread = Some(texts::unreadable_option(&option)),
            None => {}
        }
    }
    let mounted = mounts(context, facts);
    let names = context.names_of(&facts.name);
    said.extend(mounted.iter().filter_map(|mount| mount.named(facts.home, &names)));
    let (said, hidden): (Vec<Candidate>, Vec<Candidate>) = said.into_iter().partition(is_seen);
    match (said.is_empty(), unread, hidden.first()) {
        (false, _, _) => return Found::among(said),
        (true, Some(why), _) => return Found::Unclear(why),
        (true, None, Some(hidden)) => return Found::Unclear(texts::unseen_name(&hidden.text)),
        (true, None, None) => {}
    }
    match by_default(context, &running) {
        known if known.is_empty() => unclear(context, &turned_on, &mounted),
        known => Found::among(known),
    }
}

/// NixOS modules with a name of the service that its module sets options of, and that are turned on elsewhere.
fn elsewhere(context: &Context, facts: &ServiceFacts, turned_on: &[TurnedOn], mentioned: &[String]) -> Vec<TurnedOn> {
    let names = context.names_of(&facts.name);
    let is_on = |option: &String| turned_on.iter().any(|one| one.option == *option);
    let others = mentioned
        .iter()
        .filter(|option| names.contains(option) && !is_on(option));
    let others = others.map(|option| TurnedOn {
        option: option.clone(),
        instance: None,
    });
    others.collect()
}

/// Whether a NixOS module runs the service: it has one of the service's names, or a unit that the service names as its own.
fn runs(context: &Context, facts: &ServiceFacts, one: &TurnedOn) -> bool {
    let names = context.names_of(&facts.name);
    if names.iter().any(|name| plain(name) == plain(&one.option)) {
        return true;
    }
    let fields = [ContractField::UnitName, ContractField::BackupUnits];
    let all = facts.facts.iter().chain(facts.of_jobs());
    let of_units = all.filter(|fact| fields.contains(&fact.field));
    let said = of_units.flat_map(|fact| {
        let eval = context.eval(fact.origin.module);
        let values = match fact.field {
            ContractField::UnitName => fact.values(),
            _ => fact.list(),
        };
        values.into_iter().filter_map(move |value| eval.string(&value).ok())
    });
    let units = one.units(context);
    said.into_iter().any(|said| {
        units
            .iter()
            .any(|unit| unit.trim_end_matches(".service") == said.trim_end_matches(".service"))
    })
}

/// A name without what is only spelling.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.collect::<String>().to_ascii_lowercase()
}

/// What the options of a NixOS module say of its directory: the first that is set; its name where it cannot be read.
fn option_of<'a>(
    context: &Context<'a>,
    own: &ServiceDefs<'_, 'a>,
    one: &TurnedOn,
) -> Option<std::result::Result<Candidate, String>> {
    let known = one.known(context).map(|known| &known.state_options);
    let options: Vec<&str> = match known {
        Some(options) if !options.is_empty() => options.iter().map(String::as_str).collect(),
        _ => OPTIONS.to_vec(),
    };
    options.into_iter().find_map(|option| {
        let path = [one.path(), parts(option)].concat();
        if own.terms(&path).is_empty() {
            return None;
        }
        let written = own
            .written(&path)
            .and_then(|value| directory_of(context, own.module, &value));
        Some(written.ok_or_else(|| path.join(".")))
    })
}

/// The directory that the value of such an option is; a relative one is below the one for all state.
fn directory_of<'a>(context: &Context<'a>, module: &'a Module, value: &ast::Expr) -> Option<Candidate> {
    let candidate = Candidate::of(context, module, value)?;
    match context.eval(module).string(value) {
        Ok(path) if path.is_empty() => None,
        Ok(path) if !path.starts_with('/') => Some(Candidate::plain(&format!("/var/lib/{path}"))),
        _ if candidate.text.starts_with('/') => Some(Candidate::plain(&candidate.text)),
        _ => Some(candidate),
    }
}

/// What is known of the defaults of the NixOS modules that run the service.
fn by_default(context: &Context, running: &[&TurnedOn]) -> Vec<Candidate> {
    let states = running
        .iter()
        .filter_map(|one| one.named(one.known(context)?.state.as_deref()?));
    states.map(|state| Candidate::plain(&state)).collect()
}

/// Why nothing is known, where the service may well keep something.
fn unclear(context: &Context, turned_on: &[TurnedOn], mounted: &[Mount]) -> Found {
    let keeps = |one: &&TurnedOn| one.known(context).is_none_or(|known| !known.stateless);
    if let Some(one) = turned_on.iter().find(keeps) {
        return Found::Unclear(texts::unknown_module(&one.path().join(".")));
    }
    match mounted.iter().find(|mount| mount.may_keep()) {
        Some(mount) => Found::Unclear(texts::unnamed_mount(&mount.host)),
        None => Found::Nowhere,
    }
}

/// A directory of the host that a container mounts.
struct Mount {
    /// As it is written, interpolations included.
    host: String,
    read_only: bool,
    node: SyntaxNode,
}

impl Mount {
    /// Reads a volume `host:container[:options]`; `None` for one that the container engine keeps.
    fn of(volume: &ast::Expr) -> Option<Mount> {
        let ast::Expr::Str(string) = syntax::unparen(volume.clone()) else {
            return None;
        };
        let mut host = String::new();
        let mut options = None;
        for part in string.parts() {
            let part = match (part, &mut options) {
                (InterpolPart::Literal(literal), None) => syntax::literal_text(&literal),
                (InterpolPart::Interpolation(interpolation), None) => {
                    host.push_str(&syntax::text_of(interpolation.syntax()));
                    continue;
                }
                (InterpolPart::Literal(literal), Some(rest)) => {
                    String::push_str(rest, &syntax::literal_text(&literal));
                    continue;
                }
                (InterpolPart::Interpolation(_), Some(_)) => continue,
            };
            match part.split_once(':') {
                Some((before, rest)) => {
                    host.push_str(before);
                    options = Some(rest.to_owned());
                }
                None => host.push_str(&part),
            }
        }
        let read_only = options?
            .split(':')
            .nth(1)
            .is_some_and(|options| options.split(',').any(|option| option == "ro"));
        host.starts_with(['/', '$']).then(|| Mount {
            host,
            read_only,
            node: volume.syntax().clone(),
        })
    }

    /// Whether it may be state: what a single name stands for is mostly a file that is built, and below these directories
    /// are sockets and devices.
    fn may_keep(&self) -> bool {
        let built = self.host.starts_with("${pkgs.") || !self.host.contains('/');
        !self.read_only && !built && !NO_STATE.iter().any(|directory| self.host.starts_with(directory))
    }

    /// The directory called like the service that it lies in, if the container may write there.
    fn named(&self, home: &Module, names: &[String]) -> Option<Candidate> {
        let parts: Vec<&str> = self.host.split('/').collect();
        let own = parts.iter().rposition(|part| names.iter().any(|name| name == part))?;
        let directory = parts[..=own].join("/");
        if self.read_only || self.host.contains(['"', '\\']) {
            return None;
        }
        Some(Candidate {
            text: format!("\"{directory}\""),
            key: directory,
            from: Some((home.source.clone(), self.node.clone())),
        })
    }
}

/// What the containers of the service's module mount.
fn mounts(context: &Context, facts: &ServiceFacts) -> Vec<Mount> {
    let mut volumes = Vec::new();
    for option in &context.rules().containers.options {
        let option = parts(option);
        for def in facts.home.under(&option).filter(|def| ends_with(def, "volumes")) {
            def.value.iter().for_each(|value| list_elements(value, &mut volumes));
        }
    }
    volumes.iter().filter_map(Mount::of).collect()
}

fn ends_with(def: &Def, name: &str) -> bool {
    def.path.last().is_some_and(|last| last.as_deref() == Some(name))
}

fn is_seen(candidate: &Candidate) -> bool {
    candidate.from.as_ref().is_none_or(|(_, node)| seen_at_the_top(node))
}

/// Whether every name in a node is bound where the contract will stand too: by the module's arguments or the `let` around its
/// body.
pub fn seen_at_the_top(node: &SyntaxNode) -> bool {
    free::variables(node).values().all(|free| match &free.binding {
        Binding::Param(lambda) => is_top(lambda.syntax()),
        Binding::Value(value) => in_top_let(value.syntax()),
        Binding::Inherited(inherit) => in_top_let(inherit.syntax()),
        _ => false,
    })
}

fn in_top_let(node: &SyntaxNode) -> bool {
    let around = node.ancestors().find(|n| ast::LetIn::can_cast(n.kind()));
    around.and_then(|around| around.parent()).is_some_and(|parent| {
        ast::Root::can_cast(parent.kind()) || (ast::Lambda::can_cast(parent.kind()) && is_top(&parent))
    })
}

fn is_top(lambda: &SyntaxNode) -> bool {
    lambda.parent().is_some_and(|parent| ast::Root::can_cast(parent.kind()))
}
