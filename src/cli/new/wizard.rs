//! A person is asked for what the flags leave open, and again where an answer cannot be: before anything else is asked.

use std::fmt;
use std::str::FromStr;

use dialoguer::{Confirm, Input, Select};

use super::super::args::{self, New};
use super::super::keys;
use super::super::texts;
use super::super::ui::Ui;
use super::{exposure, kind};
use crate::error::{self, Error, Result};
use crate::plan::model::Context;
use crate::plan::new::{self, Exposure, ServiceKind, Wanted, ports};

/// The service as the flags say it, and a person what they leave open or say wrong.
///
/// # Errors
/// `stopped` where the person goes away.
pub fn ask(args: &New, context: &Context, ui: &Ui) -> Result<Wanted> {
    ui.line(texts::HOW_TO_ANSWER);
    let name = said_or_asked(
        ui,
        Some(args.service.clone()),
        |name| new::check_name(context, name),
        || Input::new().with_prompt(texts::ASK_NAME),
    )?;
    let category = category(args, context, ui, &name)?;
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
        (None, Exposure::None) => None,
        (said, _) => Some(
            said_or_asked(
                ui,
                said.map(Port),
                |port| new::check_port(context, port.0).map_err(error::evolve::at_the_prompt),
                || {
                    let free = Port(ports::free(context));
                    Input::new().with_prompt(texts::ASK_PORT).default(free)
                },
            )?
            .0,
        ),
    };
    let subdomain = match (&args.subdomain, exposure) {
        (said, Exposure::Private | Exposure::Public) => {
            let check = |subdomain: &String| {
                new::routes::check_subdomain(context, subdomain).map_err(error::evolve::at_the_prompt)
            };
            let subdomain = said_or_asked(ui, said.clone(), check, || {
                Input::new().with_prompt(texts::ASK_SUBDOMAIN).default(name.clone())
            })?;
            (said.is_some() || subdomain != name).then_some(subdomain)
        }
        (said, Exposure::None) => said.clone(),
    };
    let database = args.database || {
        let question = Confirm::new().with_prompt(texts::ASK_DATABASE).default(false);
        question.interact().map_err(stopped)?
    };
    Ok(Wanted {
        name,
        category,
        kind,
        port,
        exposure,
        subdomain,
        database,
    })
}

/// A port as a person types it.
#[derive(Clone)]
struct Port(u16);

impl FromStr for Port {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Port, String> {
        args::port(text.trim()).map(Port)
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn category(args: &New, context: &Context, ui: &Ui, name: &str) -> Result<String> {
    let check = |category: &String| new::check_category(context, category, name);
    if let Some(category) = &args.category {
        match check(category) {
            Ok(()) => return Ok(category.clone()),
            Err(error) => ui.error(&error),
        }
    }
    let known = new::categories(context);
    let mut items: Vec<&str> = known.iter().map(String::as_str).collect();
    items.push(texts::ANOTHER_CATEGORY);
    loop {
        let chosen = choose(texts::ASK_CATEGORY, &items, 0)?;
        let Some(category) = known.get(chosen) else {
            return said_or_asked(ui, None, check, || Input::new().with_prompt(texts::ASK_NEW_CATEGORY));
        };
        match check(category) {
            Ok(()) => return Ok(category.clone()),
            Err(error) => ui.error(&error),
        }
    }
}

/// What was said, where that can be; else what is answered, as soon as that can be.
fn said_or_asked<'i, T>(
    ui: &Ui,
    said: Option<T>,
    check: impl Fn(&T) -> Result<()>,
    input: impl Fn() -> Input<'i, T>,
) -> Result<T>
where
    T: Clone + ToString + FromStr + 'i,
    <T as FromStr>::Err: ToString,
{
    let mut answer = said;
    loop {
        let value = match answer.take() {
            Some(value) => value,
            None => input().interact_text().map_err(stopped)?,
        };
        match check(&value) {
            Ok(()) => return Ok(value),
            Err(error) => ui.error(&error),
        }
    }
}

fn choose(question: &str, items: &[&str], default: usize) -> Result<usize> {
    let select = Select::new().with_prompt(question).items(items).default(default);
    keys::choosing(true);
    let chosen = select.interact();
    match chosen {
        Ok(_) => keys::choosing(false),
        // Ctrl-C ends the list here where the terminal gives keys already, and is a signal before that.
        Err(_) => keys::restore(),
    }
    chosen.map_err(stopped)
}

fn stopped(_: dialoguer::Error) -> Error {
    Error::refused("stopped", texts::QUIT)
}
