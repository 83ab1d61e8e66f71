//! The command line: what a person sees and types.
//!
//! [`ui::Ui`] is the only printer. Everything else makes text, styled with [`palette`](crate::term::palette), and hands it over;
//! whether the styles reach the terminal is decided in one place.

mod access;
mod allowed;
mod answer;
pub mod args;
mod branch;
mod check;
mod cleanup;
mod committer;
pub mod complete;
mod contract;
mod dashboard;
mod documents;
pub mod editor;
mod forced;
mod init;
pub mod interrupt;
mod keys;
mod map;
mod message;
mod migrate;
mod needed;
mod new;
mod next;
mod outlook;
pub mod pager;
pub mod progress;
mod proving;
mod refused;
mod root;
mod session;
mod show;
mod single;
mod status;
pub mod terminal;
mod tested;
mod texts;
pub mod ui;
mod undo;
mod undo_json;
mod verify;

use std::path::Path;

use access::Access;
use args::{Cli, Command};
use session::Session;

use crate::commit::Outcome;
use crate::scratch;

/// Runs the command that the arguments name; returns the process's exit status.
pub fn run(cli: &Cli) -> u8 {
    interrupt::install();
    scratch::sweep();
    let root = root::find(cli.global.repo.as_deref());
    scratch::keep_out_of(&root);
    let name = cli.command.as_ref().map_or("qgroget", Command::name);
    let session = Session::new(&cli.global, root, name);
    let for_programs = cli.command.as_ref().filter(|command| command.prints_document());
    if for_programs.is_some() {
        session.ui.keep_for_data();
    }
    let result = recover_first(cli.command.as_ref(), &session).and_then(|is_done| match is_done {
        true => Ok(0),
        false => dispatch(cli, &session),
    });
    let code = result.unwrap_or_else(|error| {
        session.ui.error(&error);
        let code = error.kind().exit_code();
        // What has its document already says in it what it was refused for.
        if let Some(command) = for_programs
            && !session.ui.gave_data()
        {
            session.ui.data(refused::document(command, error));
        }
        code
    });
    session.ui.finish(code)
}

/// Deals with an unfinished run before anything is read: a command that writes finishes it or takes it back, one that only
/// reads looks past it. Returns whether that was all that the command is given for: the same one was interrupted.
fn recover_first(command: Option<&Command>, session: &Session) -> crate::error::Result<bool> {
    match command.map_or(Access::Reads, Command::access) {
        Access::None => {}
        Access::Reads => session.look_for_pending()?,
        Access::Writes => {
            if let Some(recovered) = session.recover()?
                && let Outcome::Finished(_) = recovered.outcome
            {
                return Ok(match command {
                    Some(Command::Undo(args)) if recovered.was_undo() => {
                        undo::finished(args, &recovered, session);
                        true
                    }
                    Some(Command::New(args)) => new::is_finished(args, &recovered, session)?,
                    _ => false,
                });
            }
        }
    }
    Ok(false)
}

fn dispatch(cli: &Cli, session: &Session) -> crate::error::Result<u8> {
    let Some(command) = &cli.command else {
        return dashboard::run(session);
    };
    match command {
        Command::Init(args) => init::run(args, session),
        Command::Migrate(args) => migrate::run(args, session),
        Command::Status(args) => status::run(args, session),
        Command::Map(args) => map::run(args, session),
        Command::Check(args) => check::run(args, session),
        Command::Explain(args) => check::explain(args.code.as_deref(), session),
        Command::Verify(args) => verify::run(args, session),
        Command::New(args) => new::run(args, session),
        Command::Contract(args) => contract::run(args, session),
        Command::Cleanup(args) => cleanup::run(args, session),
        Command::Undo(args) => undo::run(args, session),
        Command::Tested(args) => tested::run(args, session),
        Command::Completions(args) => Ok(documents::completions(args, session)),
        Command::Man(args) => documents::man(args, session),
    }
}

/// Writes a page for a browser, over what stands there.
fn write_page(path: &Path, page: &str, session: &Session) -> crate::error::Result<()> {
    let failed = |cause| {
        let message = format!("{} could not be written", path.display());
        crate::error::Error::refused("unwritable", message)
            .because(cause)
            .hint("name a file in a directory that is there and that you may write to")
    };
    std::fs::write(path, page).map_err(failed)?;
    session.ui.note(texts::page_written(path));
    Ok(())
}

/// The day in UTC, as `2026-11-27`; `SOURCE_DATE_EPOCH` is honoured (reproducible-builds.org/specs/source-date-epoch).
fn today() -> String {
    let said = std::env::var("SOURCE_DATE_EPOCH").ok();
    let said = said.and_then(|seconds| jiff::Timestamp::from_second(seconds.trim().parse().ok()?).ok());
    let now = said.unwrap_or_else(jiff::Timestamp::now);
    now.strftime("%Y-%m-%d").to_string()
}
