//! `qgroget new`: a new service by the contract, as one commit.

use dialoguer::{Confirm, Input, Select};

use super::args::{KindArg, New};
use super::committer::Landed;
use super::session::Session;
use super::{message, single, texts};
use crate::error::{self, Error, Result};
use crate::plan::model::{Choices, Context};
use crate::plan::new::{self, Exposure, NewService, ServiceKind, Wanted, ports};
use crate::plan::texts as plan_texts;

/// Runs the command.
///
/// # Errors
/// What refuses the service; nothing is written then.
pub fn run(args: &New, session: &Session) -> Result<u8> {
    let mut wanted = None;
    session.again(|| once(args, session, &mut wanted))
}

/// Plans the service that is `wanted`, after asking for it where nobody was asked yet.
fn once(args: &New, session: &Session, wanted: &mut Option<Wanted>) -> Result<u8> {
    let deciding = &args.deciding;
    let loaded = session.load(deciding.host.as_deref())?;
    let choices = Choices::default();
    let model = loaded.model();
    let context = loaded.context(&model, &choices);
    let answers = match wanted.take() {
        Some(answers) => answers,
        None if session.asks(deciding) => asked(args, &context)?,
        None => said(args)?,
    };
    let service = NewService::plan(&context, wanted.insert(answers).clone())?;
    let subject = plan_texts::new_subject(&args.service);
    let landed = single::run("new", &service, deciding, session, |accepted| {
        message::groups(&subject, &service, accepted)
    })?;
    if let Some(Landed::Committed(_) | Landed::Written) = landed {
        session.ui.line(texts::new_next(&args.service, service.path()));
    }
    Ok(single::end(landed, deciding, session))
}

/// What the flags say about the route.
fn exposure(args: &New) -> Option<Exposure> {
    match (args.public, args.private, args.unexposed) {
        (true, ..) => Some(Exposure::Public),
        (_, true, _) => Some(Exposure::Private),
        (.., true) => Some(Exposure::None),
        _ => None,
    }
}

fn kind(args: &New) -> Option<ServiceKind> {
    args.kind.map(|kind| match kind {
        KindArg::Native => ServiceKind::Native,
        KindArg::Container => ServiceKind::Container,
    })
}

/// The service as the flags alone say it. A route is private unless they say otherwise.
fn said(args: &New) -> Result<Wanted> {
    let exposure = exposure(args).unwrap_or(Exposure::Private);
    let mut open = Vec::new();
    if args.category.is_none() {
        open.push("--category");
    }
    if args.port.is_none() && exposure != Exposure::None {
        open.push("--port (or --unexposed)");
    }
    match &args.category {
        Some(category) if open.is_empty() => Ok(Wanted {
            name: args.service.clone(),
            category: category.clone(),
            kind: kind(args).unwrap_or(ServiceKind::Native),
            port: args.port,
            exposure,
            subdomain: args.subdomain.clone(),
            database: args.database,
        }),
        _ => Err(error::evolve::not_said(&open)),
    }
}

/// The service as the flags say it, and a person what they leave open.
fn asked(args: &New, context: &Context) -> Result<Wanted> {
    let category = match &args.category {
        Some(category) => category.clone(),
        None => ask_category(&new::categories(context))?,
    };
    let kind = match kind(args) {
        Some(kind) => kind,
        None => match choose(texts::ASK_KIND, &texts::KINDS, 0)? {
            0 => ServiceKind::Native,
            _ => ServiceKind::Container,
        },
    };
    let exposure = match exposure(args) {
        Some(exposure) => exposure,
        None => match choose(texts::ASK_EXPOSURE, &texts::EXPOSURES, 0)? {
            0 => Exposure::Private,
            1 => Exposure::Public,
            _ => Exposure::None,
        },
    };
    let port = match (args.port, exposure) {
        (Some(port), _) => Some(port),
        (None, Exposure::None) => None,
        (None, _) => {
            let free = ports::free(context);
            let input = Input::new().with_prompt(texts::ASK_PORT).default(free);
            Some(input.interact_text().map_err(stopped)?)
        }
    };
    let subdomain = match (&args.subdomain, exposure) {
        (None, Exposure::Private | Exposure::Public) => {
            let input = Input::new()
                .with_prompt(texts::ASK_SUBDOMAIN)
                .default(args.service.clone());
            let subdomain: String = input.interact_text().map_err(stopped)?;
            (subdomain != args.service).then_some(subdomain)
        }
        (said, _) => said.clone(),
    };
    let database = args.database || {
        let question = Confirm::new().with_prompt(texts::ASK_DATABASE).default(false);
        question.interact().map_err(stopped)?
    };
    Ok(Wanted {
        name: args.service.clone(),
        category,
        kind,
        port,
        exposure,
        subdomain,
        database,
    })
}

fn ask_category(known: &[String]) -> Result<String> {
    let mut items: Vec<&str> = known.iter().map(String::as_str).collect();
    items.push(texts::ANOTHER_CATEGORY);
    let chosen = choose(texts::ASK_CATEGORY, &items, 0)?;
    match known.get(chosen) {
        Some(category) => Ok(category.clone()),
        None => Input::new()
            .with_prompt(texts::ASK_NEW_CATEGORY)
            .interact_text()
            .map_err(stopped),
    }
}

fn choose(question: &str, items: &[&str], default: usize) -> Result<usize> {
    let select = Select::new().with_prompt(question).items(items).default(default);
    select.interact().map_err(stopped)
}

fn stopped(cause: dialoguer::Error) -> Error {
    Error::refused("stopped", texts::QUIT).because(cause)
}
