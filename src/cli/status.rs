//! `qgroget status`: every service, where it stands, what it keeps, and what blocks it; or all pieces of some.

use super::args::{Status, StatusFormat};
use super::outlook::Outlook;
use super::session::{self, Loaded, Session};
use crate::commit;
use crate::error::{self, Result};
use crate::plan::model::Choices;
use crate::review::summary::Page;
use crate::status::{self, Detail, Pattern, Plan, stand};

/// Runs the command.
///
/// # Errors
/// Where the repository cannot be read or has no host that runs services; `unknown-service`.
pub fn run(args: &Status, session: &Session) -> Result<u8> {
    session::threads();
    let details = match args.services.is_empty() {
        true => Vec::new(),
        false => details(args, session)?,
    };
    let page = Page::of(session.ui.width(), session.ui.is_terminal());
    if args.format == StatusFormat::Human && !details.is_empty() {
        session.ui.paged(|| {
            let texts: Vec<String> = details.iter().map(|detail| detail.human(page.closer())).collect();
            session.ui.prose(texts.join("\n"));
        });
        return Ok(0);
    }
    let mut status = status::Status::read(session.root(), args.host.as_deref(), session.to_come())?;
    status.untested = untested(&status, session)?;
    match args.format {
        StatusFormat::Human => session.ui.paged(|| session.ui.prose(status.human(page))),
        StatusFormat::Json => session.ui.data(status.json(&details)?),
    }
    Ok(0)
}

/// The services that were asked for, each once, with the plan of each by itself.
fn details(args: &Status, session: &Session) -> Result<Vec<Detail>> {
    let loaded = session.load(args.host.as_deref())?;
    let choices = Choices::default();
    let model = loaded.model();
    let context = loaded.context(&model, &choices);
    let mut all = status::entries(&context);
    let names: Vec<String> = all.iter().map(|(service, _)| service.name.clone()).collect();
    let mut details: Vec<Detail> = Vec::new();
    for name in &args.services {
        if details.iter().any(|detail| detail.service.name == *name) {
            continue;
        }
        let Some(at) = all.iter().position(|(service, _)| service.name == *name) else {
            return Err(error::plan::no_such_service(name, &names));
        };
        let (service, now) = all.remove(at);
        let (plan, afterwards) = plan(&loaded, name);
        details.push(Detail {
            service,
            stands: stand::of(now, afterwards),
            plan,
        });
    }
    Ok(details)
}

/// What becomes of a service, and its pieces afterwards where something does.
fn plan(loaded: &Loaded, name: &str) -> (Plan, Option<Vec<status::pieces::Piece>>) {
    let mut outlook = match Outlook::of(loaded) {
        Ok(outlook) => outlook,
        Err(error) => return (Plan::Refused(error), None),
    };
    let plan = outlook.migrate(name);
    let afterwards = matches!(plan, Plan::Planned { .. }).then(|| {
        let choices = Choices::default();
        let model = outlook.loaded.model();
        let context = outlook.loaded.context(&model, &choices);
        let mut entries = status::entries(&context).into_iter();
        let found = entries.find(|(service, _)| service.name == name);
        found.map(|(_, pieces)| pieces).unwrap_or_default()
    });
    (plan, afterwards)
}

/// The services with a contract whose last commit has no note, by name.
///
/// # Errors
/// Where git cannot be read.
pub fn untested(status: &status::Status, session: &Session) -> Result<Vec<String>> {
    let mut migrated = status
        .services
        .iter()
        .filter(|service| service.pattern == Pattern::Contract);
    let git = match migrated.clone().next() {
        Some(_) => session.git()?,
        None => None,
    };
    let Some(git) = git else {
        return Ok(Vec::new());
    };
    let commits = commit::last_commits(&git)?;
    let is_untested = |name: &String| commits.get(name).is_some_and(|last| !last.tested);
    let names = migrated.by_ref().map(|service| service.name.clone());
    Ok(names.filter(is_untested).collect())
}
