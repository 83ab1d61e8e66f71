//! `qgroget undo`: takes back a commit that the tool made.

use super::args::{StatusFormat, Undo};
use super::interrupt;
use super::needed;
use super::next::{self, Done};
use super::session::Session;
use super::show;
use super::terminal::Console;
use super::texts;
use super::ui::Ui;
use super::undo_json;
use crate::commit::{self, Chosen, Recovered, UndoPlan, Which};
use crate::error::{self, Result};
use crate::process;
use crate::repo::git::GitState;
use crate::review::{Reply, Terminal as _, folded};
use crate::term::foreign::visible;

/// Runs the command.
///
/// # Errors
/// As [`commit::plan_undo`] and [`commit::undo`].
pub fn run(args: &Undo, session: &Session) -> Result<u8> {
    found(args, session).map_err(error::git::without_no_commit)
}

fn found(args: &Undo, session: &Session) -> Result<u8> {
    let git = session.git_to_commit()?;
    if args.list {
        return list(args, &git, session);
    }
    // JSON is for programs, which are not asked.
    if is_json(args) && !args.yes && !args.dry_run {
        return Err(error::git::undo_not_asked());
    }
    let mut chosen = None;
    session.again(|| once(args, &git, session, &mut chosen))
}

fn is_json(args: &Undo) -> bool {
    args.format == StatusFormat::Json
}

fn data(value: &serde_json::Value, session: &Session) {
    session.ui.data(format!("{value:#}\n"));
}

/// Says that an interrupted undo is finished, which is all that is done then.
pub fn finished(args: &Undo, recovered: &Recovered, session: &Session) {
    match is_json(args) {
        true => data(&undo_json::finished(recovered, args.service.as_deref()), session),
        false => session.ui.tell(texts::UNDO_DONE),
    }
}

/// Takes back the commit that was `chosen`, or chooses it. Somebody else may have taken it back in between: the one
/// before it was never asked for.
fn once(args: &Undo, git: &GitState, session: &Session, chosen: &mut Option<Chosen>) -> Result<u8> {
    let ui = &session.ui;
    let which = match (*chosen, &args.service) {
        (Some(chosen), _) => Which::This(chosen),
        (None, Some(name)) => Which::LastOf(name),
        (None, None) => Which::Last,
    };
    let Some(plan) = commit::plan_undo(git, which)? else {
        if is_json(args) {
            data(&undo_json::nothing(args.service.as_deref()), session);
            return Ok(0);
        }
        ui.tell(match which {
            Which::This(_) => texts::UNDO_NOTHING_LEFT.to_owned(),
            Which::LastOf(name) => texts::undo_nothing_of(name),
            Which::Last => texts::UNDO_NOTHING.to_owned(),
        });
        return Ok(0);
    };
    *chosen = Some(plan.chosen());
    needed::check(&plan, git, session)?;
    if args.dry_run && is_json(args) {
        data(&undo_json::planned(&plan), session);
        return Ok(0);
    }
    if args.dry_run {
        ui.paged(|| {
            ui.line(texts::undo_plan(&plan.entry, plan.way, &plan.paths()));
            say_kept(&plan, ui);
            let text = folded::render(&plan.change()).with_stat();
            ui.out(format!("\n{}", show::for_terminal(&text, ui)));
            ui.tell(format!("\n{}", texts::NOTHING_WRITTEN));
        });
        return Ok(0);
    }
    if !args.yes && !asked(&plan, session)? {
        ui.tell(texts::NOTHING_WRITTEN);
        return Ok(1);
    }
    let _hold = interrupt::hold_all();
    process::check()?;
    let undone = commit::undo(git, &plan)?;
    if is_json(args) {
        data(&undo_json::done(&plan, &undone), session);
    } else {
        ui.tell(texts::undone(&undone));
        if ui.verbosity() >= 0 {
            say_kept(&plan, ui);
        }
    }
    if let Some(commit) = &undone.commit {
        for line in commit.left.lines() {
            ui.warn(line);
        }
    }
    drop(undone);
    if is_json(args) {
        return Ok(0);
    }
    next::say(&Done::TakenBack, true, None, session);
    Ok(0)
}

/// Takes back the last commit that is about a service, which this run has made.
///
/// # Errors
/// As [`commit::plan_undo`] and [`commit::undo`].
pub fn take_back(service: &str, session: &Session) -> Result<()> {
    let git = session.git_to_commit()?;
    let _hold = interrupt::hold_all();
    process::check()?;
    if let Some(plan) = commit::plan_undo(&git, Which::LastOf(service))? {
        let undone = commit::undo(&git, &plan)?;
        session.ui.tell(texts::undone(&undone));
    }
    Ok(())
}

fn say_kept(plan: &UndoPlan, ui: &Ui) {
    if !plan.kept.is_empty() {
        ui.line(texts::undo_kept(&plan.kept));
    }
}

/// Asks whether the commit is to be taken back.
///
/// # Errors
/// `not-interactive` where nobody can be asked.
fn asked(plan: &UndoPlan, session: &Session) -> Result<bool> {
    if !session.ui.is_interactive() {
        return Err(error::git::undo_not_asked());
    }
    session.ui.line(texts::undo_plan(&plan.entry, plan.way, &plan.paths()));
    say_kept(plan, &session.ui);
    let mut console = Console::new(&session.ui, session.editor());
    loop {
        let Reply::Line(line) = console.key(texts::UNDO_QUESTION, false) else {
            return Ok(false);
        };
        match line.trim() {
            "y" | "yes" => return Ok(true),
            "n" | "no" | "q" | "quit" => return Ok(false),
            "d" => console.show_diff(&plan.change()),
            "?" | "h" | "help" => session.ui.out(texts::UNDO_KEYS),
            other => session.ui.line(crate::review::texts::unknown_key(&visible(other))),
        }
    }
}

fn list(args: &Undo, git: &GitState, session: &Session) -> Result<u8> {
    let entries = commit::list(git)?;
    let ui = &session.ui;
    if is_json(args) {
        data(&undo_json::list(&entries), session);
        return Ok(0);
    }
    if entries.is_empty() {
        ui.tell(texts::UNDO_NOTHING);
    }
    let names = entries.iter().map(|entry| entry.name.chars().count());
    let wide = names.max().unwrap_or(0);
    ui.paged(|| {
        for entry in &entries {
            let room = ui.is_terminal().then_some(ui.width());
            ui.line(texts::undo_entry(entry, wide, room));
        }
    });
    Ok(0)
}
