//! A new service: its module, its line in the host's settings, its test, the import of its category.

use std::path::{Path, PathBuf};

use super::groups::Proposed;
use super::install::{schema, wiring};
use super::model::{self, Context};
use super::ops::Ops;
use super::setting::{self, Setting};
use super::vmtest::{self, NewTest};
use super::{Accepted, Group, Groups, Move, Proposal, Skipped, texts};
use crate::edit::{GroupId, SourceChange};
use crate::error::{self, Result};
use crate::resolve::Module;
use crate::rules::parts;
use crate::syntax;

pub mod module;
pub mod ports;
pub mod routes;

/// How the service runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceKind {
    /// A unit of NixOS.
    Native,
    /// A container.
    Container,
}

/// Who reaches the service through Traefik.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// Who has a client certificate.
    Private,
    /// Anyone.
    Public,
    /// Nobody: it has no route.
    None,
}

/// What the service is to be.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub name: String,
    pub category: String,
    pub kind: ServiceKind,
    /// `None` for a service that listens on no port, which has no route either.
    pub port: Option<u16>,
    pub exposure: Exposure,
    /// `None` for the service's name.
    pub subdomain: Option<String>,
    pub database: bool,
}

/// The planned service.
pub struct NewService<'a> {
    context: &'a Context<'a>,
    wanted: Wanted,
    /// Its module's file.
    path: PathBuf,
    test: Option<NewTest<'a>>,
    groups: Groups,
    skipped: Vec<Skipped>,
}

/// The group that makes the module; it is the first, and all others need it.
const CONTRACT: GroupId = GroupId(0);
/// The kind of the group that lets the host's settings have the switch.
const ENABLEMENT: &str = "enablement";
/// The kind of the group that makes a test.
const TEST: &str = "test";

impl<'a> NewService<'a> {
    /// Plans the service.
    ///
    /// # Errors
    /// `contract-needed` without the contract, `bad-name`, `service-exists`, `target-exists`, `port-in-use`,
    /// `port-needed`, `bad-subdomain`, `host-in-use`, `schema-differs`.
    pub fn plan(context: &'a Context<'a>, wanted: Wanted) -> Result<NewService<'a>> {
        if !schema::missing(context).is_empty() {
            return Err(error::evolve::contract_absent());
        }
        check_name(context, &wanted.name)?;
        check_category(context, &wanted.category, &wanted.name)?;
        let path = path(context, &wanted.category, &wanted.name);
        port(context, &wanted)?;
        routes::unused(context, &wanted)?;
        let mut service = NewService {
            context,
            skipped: Vec::new(),
            wanted,
            path,
            test: None,
            groups: Groups::default(),
        };
        service.groups = service.propose();
        service.add_test()?;
        let ops = service.ops(&service.groups.all())?;
        service.groups.try_all(ops)?;
        Ok(service)
    }

    /// Plans its test, of what all groups make; what of it is left to a person.
    fn add_test(&mut self) -> Result<()> {
        if !vmtest::is_wanted(self.context, &self.wanted.name) {
            return Ok(());
        }
        let change = self.ops(&self.groups.all())?.finish()?;
        match NewTest::plan(self.context, &self.wanted.name, &self.path, &change) {
            Ok(test) => {
                self.skipped.extend(test.skipped());
                self.test = Some(test);
                self.groups = self.propose();
            }
            Err(none) => self.skipped.push(*none),
        }
        Ok(())
    }

    /// The module's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn propose(&self) -> Groups {
        let name = &self.wanted.name;
        let mut groups = Groups::default();
        let title = texts::new_title(name, &self.wanted.category);
        groups.propose("contract", Proposed::preserving(title, texts::NEW_WHY));
        let title = texts::new_setting_title(name, &self.context.host.settings);
        let setting = Proposed::preserving(title, texts::NEW_SETTING_WHY);
        groups.propose(ENABLEMENT, setting.needing([CONTRACT]));
        if self.test.is_some() {
            let test = Proposed::preserving(texts::test_title(name), texts::TEST_WHY);
            groups.propose(TEST, test.needing([CONTRACT]));
        }
        groups
    }

    /// The operations of the accepted groups.
    fn ops(&self, accepted: &Accepted) -> Result<Ops<'a>> {
        let mut ops = Ops::new(self.context.repo);
        if !accepted.contains(&CONTRACT) {
            return Ok(ops);
        }
        let setting = self.groups.accepted(ENABLEMENT, accepted);
        let text = module::text(self.context, &self.wanted, setting.is_some())?;
        ops.create(self.path.clone(), text);
        ops.tell(CONTRACT, [Move::added_to(texts::NEW_MODULE, &self.path)]);
        self.import(&mut ops)?;
        if let Some(group) = setting {
            let namespace = parts(&self.context.rules().namespaces.contract);
            let setting = Setting {
                prefix: &namespace,
                name: &self.wanted.name,
                rest: "enable",
                value: "false",
                comment: "",
                last: false,
            };
            setting.insert(&mut ops, setting::host(self.context)?, group)?;
            ops.tell(group, [Move::added_to(texts::NEW_SETTING, &self.context.host.settings)]);
        }
        if let (Some(group), Some(test)) = (self.groups.accepted(TEST, accepted), &self.test) {
            test.render(&mut ops, self.context, &self.path, group)?;
        }
        Ok(ops)
    }

    /// Imports the module from its category, and the category from the server's modules where it is new.
    fn import(&self, ops: &mut Ops) -> Result<()> {
        let server = &self.context.rules().paths.server;
        let category = server.join(&self.wanted.category).join("default.nix");
        ops.tell(CONTRACT, [Move::added_to(texts::NEW_IMPORT, &category)]);
        let own = vec![format!("./{}", self.wanted.name)];
        if self.context.repo.has(&category) {
            wiring::add_imports(ops, self.context.repo, &category, &own, None, CONTRACT)?;
        } else {
            let text = format!("{{...}}: {{\n  imports = [\n    {}\n  ];\n}}\n", own[0]);
            ops.create(category.clone(), text);
        }
        if self.context.model.is_imported(&category) {
            return Ok(());
        }
        let wanted = vec![format!("./{}", self.wanted.category)];
        let all = server.join("default.nix");
        wiring::add_imports(ops, self.context.repo, &all, &wanted, None, CONTRACT)
    }
}

impl Proposal for NewService<'_> {
    fn name(&self) -> &str {
        &self.wanted.name
    }

    fn is_service(&self) -> bool {
        true
    }

    fn groups(&self) -> &[Group] {
        self.groups.list()
    }

    fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    fn render(&self, accepted: &Accepted) -> Result<SourceChange> {
        self.ops(accepted)?.finish()
    }
}

/// Whether a name can be a directory, a path literal and an attribute without quotes.
pub fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
        && syntax::attr_text(name) == name
}

fn name(name: &str, of: &str) -> Result<()> {
    match is_name(name) {
        true => Ok(()),
        false => Err(error::evolve::bad_name(name, of)),
    }
}

/// The module's file.
fn path(context: &Context, category: &str, name: &str) -> PathBuf {
    let server = &context.rules().paths.server;
    server.join(category).join(name).join("default.nix")
}

/// Whether a new service can have the name.
///
/// # Errors
/// `bad-name`; `service-exists` where a service or a contract has it.
pub fn check_name(context: &Context, name: &str) -> Result<()> {
    self::name(name, "a service")?;
    let namespaces = &context.rules().namespaces;
    for namespace in [&namespaces.contract, &namespaces.services] {
        let prefix = [parts(namespace), vec![name]].concat();
        if let Some((module, def)) = context.model.under(&prefix).into_iter().next() {
            let place = module.source.place_of(syntax::AstNode::syntax(&def.entry));
            return Err(error::evolve::service_exists(place, name));
        }
    }
    Ok(())
}

/// Whether a new service of this name can stand in the category.
///
/// # Errors
/// `bad-name`; `service-exists` where a file or directory stands there.
pub fn check_category(context: &Context, category: &str, name: &str) -> Result<()> {
    self::name(category, "a category")?;
    let path = path(context, category, name);
    let directory = path.parent().unwrap_or(&path);
    if context.repo.exists(directory) || context.repo.has(&directory.with_extension("nix")) {
        return Err(error::evolve::directory_exists(directory));
    }
    Ok(())
}

fn port(context: &Context, wanted: &Wanted) -> Result<()> {
    match wanted.port {
        None if wanted.exposure != Exposure::None => {
            Err(error::evolve::port_needed(&wanted.name, ports::free(context)))
        }
        None => Ok(()),
        Some(port) => check_port(context, port),
    }
}

/// Whether a new service can listen on the port.
///
/// # Errors
/// `port-in-use`, which names the service that has it.
pub fn check_port(context: &Context, port: u16) -> Result<()> {
    match ports::users(context).remove(&port) {
        Some(user) => {
            let free = ports::free(context);
            Err(error::evolve::port_in_use(port, &user.name, user.place, free))
        }
        None => Ok(()),
    }
}

/// The categories that there are: directories of the server's modules that hold services or the imports of some.
pub fn categories(context: &Context) -> Vec<String> {
    let server = &context.rules().paths.server;
    let mut names: Vec<String> = context
        .repo
        .nix_files()
        .filter_map(|path| path.strip_prefix(server).ok())
        .filter(|path| path.components().count() > 1)
        .filter_map(|path| Some(path.components().next()?.as_os_str().to_string_lossy().into_owned()))
        .filter(|name| is_name(name))
        .filter(|name| {
            let module = context.model.module(&server.join(name).join("default.nix"));
            module.is_some_and(|module| holds_services(context, module))
        })
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Whether a module is a place for services: it imports others, or it declares services.
fn holds_services(context: &Context, module: &Module) -> bool {
    let namespaces = &context.rules().namespaces;
    let declares = |namespace: &str| module.under(&parts(namespace)).next().is_some();
    !module.imports().is_empty() || declares(&namespaces.services) || declares(&namespaces.contract)
}

/// Every name that a new service cannot have.
pub fn taken(context: &Context) -> Vec<String> {
    let mut names = model::legacy_names(context.model, context.rules());
    names.extend(model::contract_names(context.model, context.rules()));
    names
}
