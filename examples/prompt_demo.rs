//! The approval of a made-up migration, for trying the dialogue and for the terminal tests.
//!
//! `cargo run --example prompt_demo` asks about it; `page` shows its summary through the pager, `flood`
//! prints much, `wait` asks once and then only waits for a line.

use std::process::ExitCode;

use qgroget::cli::terminal::Console;
use qgroget::cli::ui::{Options, Ui};
use qgroget::cli::{editor, pager};
use qgroget::error::Result;
use qgroget::plan::Accepted;
use qgroget::plan::texts::commit_subject;
use qgroget::review::summary::{self, Detail, Page};
use qgroget::review::{Approval, CommitAnswer, Outcome, Position, confirm_commit, decide_noninteractive};

#[path = "../tests/common/fake.rs"]
mod fake;

fn main() -> ExitCode {
    let ui = Ui::new(Options {
        pager: pager::Pager::choose(None),
        ..Options::default()
    });
    let mode = std::env::args().nth(1).unwrap_or_default();
    let done = match mode.as_str() {
        "page" => {
            let page = Page::of(ui.width(), ui.is_terminal());
            let text = summary::text(&fake::jellyfin(), &Accepted::new(), None, page, Detail::All);
            ui.paged(|| ui.out(text));
            Ok(0)
        }
        "flood" => {
            (0..100_000).for_each(|number| ui.line(format!("line {number}")));
            Ok(0)
        }
        "wait" => wait(&ui),
        _ => review(&ui),
    };
    let code = done.unwrap_or_else(|error| {
        ui.error(&error);
        error.kind().exit_code()
    });
    ExitCode::from(ui.finish(code))
}

fn wait(ui: &Ui) -> Result<u8> {
    let outcome = review(ui)?;
    ui.line("waiting");
    let _ = std::io::stdin().read_line(&mut String::new());
    Ok(outcome)
}

fn review(ui: &Ui) -> Result<u8> {
    let proposal = fake::jellyfin();
    if !ui.is_interactive() {
        decide_noninteractive(&proposal, false, false)?;
    }
    let mut console = Console::new(ui, editor::choose(None));
    let mut approval = Approval::new(&proposal, &fake::parses, Position::default())?;
    let Outcome::Decided(decision) = approval.ask(&mut console)? else {
        return Ok(1);
    };
    if let CommitAnswer::Commit(message) = confirm_commit(&commit_subject("jellyfin"), &mut console) {
        let taken: Vec<String> = decision.accepted.iter().map(|id| id.0.to_string()).collect();
        ui.line(format!(
            "committed {}: {}",
            taken.join(" "),
            message.lines().next().unwrap_or_default()
        ));
        for file in &decision.change.files {
            ui.line(format!("--- {}", file.path().display()));
            ui.data(file.after.as_bytes());
        }
        return Ok(0);
    }
    ui.line("not committed");
    Ok(1)
}
