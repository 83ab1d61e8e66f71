//! The text of a new service's module: the template's three sections with the fields that this service needs.

use super::{Exposure, ServiceKind, Wanted};
use crate::error::{self, Error, Result};
use crate::plan::evolve::schema::{REQUIRED, Schema};
use crate::plan::layout::sections;
use crate::plan::model::Context;
use crate::plan::{install, texts};
use crate::rules::{ContractField, parts};
use crate::syntax;

/// The unit that runs the service.
pub fn unit(context: &Context, wanted: &Wanted) -> String {
    match wanted.kind {
        ServiceKind::Container if !has_quadlet(context) => format!("podman-{}.service", wanted.name),
        _ => format!("{}.service", wanted.name),
    }
}

/// Whether containers of this repository are quadlets.
fn has_quadlet(context: &Context) -> bool {
    !context.model.under(&["virtualisation", "quadlet"]).is_empty()
}

/// The module's text. `set_by_host` says that the host's settings have the service's switch.
///
/// # Errors
/// `schema-differs` where the repository's contract lacks a field that the module writes, or requires another one.
pub fn text(context: &Context, wanted: &Wanted, set_by_host: bool) -> Result<String> {
    let fields = fields(context, wanted, set_by_host)?;
    let namespace = format!("{}.{}", context.rules().namespaces.contract, wanted.name);
    let text = format!(
        "{{config, lib, ...}}: let
           # The service's own entry, to read the port and the like from it instead of writing them twice.
           cfg = config.{namespace};
         in {{
           config = lib.mkMerge [
             {}{fields}
             {}{}{}
             {}
             {}
           ];
         }}",
        sections::before_contract(&namespace, &[]),
        sections::behind_contract(""),
        sections::before_implementation(),
        sections::guarded("cfg.enable", &implementation(context, wanted)),
        texts::SECRETS_HEADER,
        secrets(context, wanted),
    );
    syntax::format(&text).ok_or_else(|| Error::internal("the new module's text does not parse").because(text))
}

/// The contract's fields as source.
fn fields(context: &Context, wanted: &Wanted, set_by_host: bool) -> Result<String> {
    let name = &wanted.name;
    let data_dir = syntax::string_text(&format!("/var/lib/{name}"));
    let unit = syntax::string_text(&unit(context, wanted));
    let mut blocks: Vec<Vec<(&str, String)>> = Vec::new();
    let mut first = Vec::new();
    if !set_by_host {
        first.push(("enable", "lib.mkDefault false".to_owned()));
    }
    first.push(("domain", context.rules().values.domain.clone()));
    first.push(("dataDir", data_dir.clone()));
    first.push(("persistedData", format!("[{data_dir}]")));
    first.push(("backupPaths", format!("[{data_dir}]")));
    if stops_units(context) {
        first.push(("backupUnits", format!("[{unit}]")));
    }
    blocks.push(first);
    let mut routing = Vec::new();
    if wanted.exposure != Exposure::None {
        routing.push(("exposed", "true".to_owned()));
        if let Some(subdomain) = &wanted.subdomain {
            routing.push(("subdomain", syntax::string_text(subdomain)));
        }
    }
    routing.extend(wanted.port.map(|port| ("port", port.to_string())));
    match wanted.exposure {
        Exposure::Private => routing.push(("type", "\"private\"".to_owned())),
        Exposure::Public => routing.push(("type", "\"public\"".to_owned())),
        Exposure::None => {}
    }
    blocks.push(routing);
    if wanted.database {
        blocks.push(vec![
            ("dependsOn", "[\"postgresql\"]".to_owned()),
            ("databases", format!("[{}]", database(wanted))),
        ]);
    }
    blocks.push(vec![("journalctl", "true".to_owned()), ("unitName", unit)]);
    let schema = Schema::read(context)?;
    let own = required(context, &schema, wanted, &blocks)?;
    blocks.push(own);
    let written = blocks.iter().flatten().map(|(field, _)| *field);
    if let Some(unknown) = written.into_iter().find(|field| !schema.has(field)) {
        return Err(error::evolve::schema_differs(schema.place(), unknown));
    }
    let blocks: Vec<String> = blocks
        .iter()
        .filter(|block| !block.is_empty())
        .map(|block| {
            let lines: Vec<String> = block
                .iter()
                .map(|(field, value)| format!("{} = {value};", syntax::attr_text(field)))
                .collect();
            lines.join("\n")
        })
        .collect();
    Ok(blocks.join("\n\n"))
}

/// The service's database. A unit runs as the database's user, and is let in by the socket; a container is no user of the
/// machine, and needs a password.
fn database(wanted: &Wanted) -> String {
    let name = syntax::string_text(&wanted.name.replace('-', "_"));
    match wanted.kind {
        ServiceKind::Native => format!("{{name = {name};}}"),
        // The path is written out: the secret is there only where the service is on, and its contract is read before.
        ServiceKind::Container => {
            let file = syntax::string_text(&format!("/run/secrets/{}", password(wanted)));
            format!("{{name = {name}; host = \"127.0.0.1\"; passwordFile = {file};}}")
        }
    }
}

/// The name of the secret with the database's password, by Pattern 4.
fn password(wanted: &Wanted) -> String {
    format!("server/{}/database-password", wanted.name)
}

/// The third section. Where the repository has no secrets from sops, the file is the person's.
fn secrets(context: &Context, wanted: &Wanted) -> String {
    let has_sops = !context.model.under(&["sops", "secrets"]).is_empty();
    match wanted.database && wanted.kind == ServiceKind::Container && has_sops {
        true => {
            let secret = syntax::attr_text(&password(wanted));
            sections::guarded("cfg.enable", &format!("sops.secrets.{secret} = {{}};"))
        }
        false => texts::NO_SECRETS.to_owned(),
    }
}

/// The fields that the repository's contract requires besides, with the values that its template gives them.
fn required<'s>(
    context: &Context,
    schema: &'s Schema,
    wanted: &Wanted,
    blocks: &[Vec<(&str, String)>],
) -> Result<Vec<(&'s str, String)>> {
    let mut found = Vec::new();
    for field in schema.required() {
        let written = blocks.iter().flatten().any(|(name, _)| *name == field);
        if written || REQUIRED.contains(&field) {
            continue;
        }
        let value = schema.template_value(context, field);
        let value = value.ok_or_else(|| error::evolve::no_template_value(schema.place(), field))?;
        found.push((field, value.replace("example", &wanted.name)));
    }
    Ok(found)
}

/// Whether the repository's backup jobs stop units.
fn stops_units(context: &Context) -> bool {
    let namespace = parts(&context.rules().namespaces.backups);
    let field = context.rules().backup_fields_of(&ContractField::BackupUnits).next();
    match (context.model.declaration(&namespace), field) {
        (Some(_), Some(legacy)) => {
            install::fields::of(context, &namespace).map_or(true, |fields| fields.iter().any(|field| field == legacy))
        }
        _ => true,
    }
}

fn implementation(context: &Context, wanted: &Wanted) -> String {
    match wanted.kind {
        ServiceKind::Native => native(wanted),
        ServiceKind::Container => container(context, wanted),
    }
}

/// The environment that a service of either kind gets.
fn environment(wanted: &Wanted) -> Vec<&'static str> {
    let mut lines = Vec::new();
    if wanted.port.is_some() {
        lines.push("PORT = toString cfg.port;");
    }
    if wanted.database {
        lines.push("DATABASE_HOST = cfg.databaseConfig.host;");
        lines.push("DATABASE_PORT = toString cfg.databaseConfig.port;");
        lines.push("DATABASE_NAME = cfg.databaseConfig.name;");
        lines.push("DATABASE_USER = cfg.databaseConfig.user;");
        if wanted.kind == ServiceKind::Container {
            lines.push("DATABASE_PASSWORD_FILE = \"/run/secrets/database-password\";");
        }
    }
    lines
}

fn native(wanted: &Wanted) -> String {
    let name = &wanted.name;
    let environment = environment(wanted);
    let environment = match environment.is_empty() {
        true => String::new(),
        false => format!("environment = {{\n{}\n}};\n", environment.join("\n")),
    };
    let after = match wanted.database {
        true => "[\"network.target\" \"postgresql.service\" \"postgresql-setup.service\"]",
        false => "[\"network.target\"]",
    };
    // PostgreSQL knows who connects by the socket.
    let (user, users) = match wanted.database {
        true => (
            "User = cfg.databaseConfig.user;\n",
            "\n\nusers.users.${cfg.databaseConfig.user} = {
               isSystemUser = true;
               group = cfg.databaseConfig.user;
             };
             users.groups.${cfg.databaseConfig.user} = {};",
        ),
        false => ("", ""),
    };
    format!(
        "# {}
         systemd.services.{name} = {{
           description = {};
           wantedBy = [\"multi-user.target\"];
           after = {after};
           {environment}serviceConfig = {{
             ExecStart = \"/run/current-system/sw/bin/sleep infinity\";
             {user}StateDirectory = {};
           }};
         }};{users}",
        texts::NEW_NATIVE,
        syntax::string_text(name),
        syntax::string_text(name),
    )
}

fn container(context: &Context, wanted: &Wanted) -> String {
    let name = &wanted.name;
    let image = syntax::string_text(&format!("docker.io/{name}/{name}:latest"));
    let ports = wanted
        .port
        .map(|_| "\"127.0.0.1:${toString cfg.port}:${toString cfg.port}\"".to_owned());
    // In the machine's network, where the database is, there is nothing to publish.
    let ports: String = ports.filter(|_| !wanted.database).unwrap_or_default();
    let network = |attribute: &str| match wanted.database {
        true => attribute.to_owned(),
        false => String::new(),
    };
    let environment = environment(wanted).join("\n");
    let rules = "systemd.tmpfiles.rules = [\"d ${cfg.dataDir} 0750 root root -\"];";
    let volumes = match wanted.database {
        true => {
            "volumes = [
               \"${cfg.dataDir}:/data\"
               \"${cfg.databaseConfig.passwordFile}:/run/secrets/database-password:ro\"
             ];"
        }
        false => "volumes = [\"${cfg.dataDir}:/data\"];",
    };
    let list = |attribute: &str| match ports.is_empty() {
        true => String::new(),
        false => format!("{attribute} = [{ports}];\n"),
    };
    let set = |attribute: &str| match environment.is_empty() {
        true => String::new(),
        false => format!("{attribute} = {{\n{environment}\n}};\n"),
    };
    match has_quadlet(context) {
        true => format!(
            "# {}
             virtualisation.quadlet.containers.{name} = {{
               autoStart = true;
               containerConfig = {{
                 image = {image};
                 {}{}{}{volumes}
               }};
             }};
             {rules}",
            texts::NEW_CONTAINER,
            network("networks = [\"host\"];\n"),
            list("publishPorts"),
            set("environments"),
        ),
        false => format!(
            "# {}
             virtualisation.oci-containers = {{
               backend = \"podman\";
               containers.{name} = {{
                 image = {image};
                 {}{}{}{volumes}
               }};
             }};
             {rules}",
            texts::NEW_CONTAINER,
            network("extraOptions = [\"--network=host\"];\n"),
            list("ports"),
            set("environment"),
        ),
    }
}
