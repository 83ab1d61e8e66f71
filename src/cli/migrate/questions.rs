//! What a run asks beside its changes: the module of a service that is declared nowhere, the directory of its state.

use std::path::{Path, PathBuf};

use crate::cli::args::Deciding;
use crate::cli::session::{Loaded, Session};
use crate::cli::terminal::Console;
use crate::cli::texts;
use crate::error::{self, Error};
use crate::plan::data_dir;
use crate::plan::model::Context;
use crate::review::{Reply, Terminal as _};
use crate::rules::says_directory;

/// From where a service is to be migrated that is declared nowhere.
pub enum Source {
    Module(PathBuf),
    None,
    Quit,
}

/// Where a service keeps its state, as a person answers.
pub enum Directory {
    Said(String),
    None,
    Quit,
}

/// Asks for the module of a service that is declared nowhere; `found` is the one that runs it.
pub fn module_of(session: &Session, loaded: &Loaded, service: &str, found: &Path) -> Source {
    let mut console = Console::new(&session.ui, session.editor());
    loop {
        let Reply::Line(line) = console.ask(&texts::undeclared_question(service, found)) else {
            return Source::Quit;
        };
        match line.trim() {
            "y" | "yes" => return Source::Module(found.to_owned()),
            "" | "n" | "no" => return Source::None,
            "q" | "quit" => return Source::Quit,
            "?" | "h" | "help" => session.ui.out(texts::UNDECLARED_KEYS),
            path if loaded.repo.import_target(Path::new(path)).is_some() => {
                return Source::Module(PathBuf::from(path));
            }
            path => session.ui.line(texts::no_module(path)),
        }
    }
}

/// Asks where the service keeps its state, where its code names several directories and somebody is there to be asked.
pub fn directory_of(
    session: &Session,
    deciding: &Deciding,
    context: &Context,
    service: &str,
    error: &Error,
) -> Directory {
    if error.code() != "ambiguous-data-dir" || !session.asks(deciding) {
        return Directory::None;
    }
    let directories = data_dir::choices(context, service).unwrap_or_default();
    let mut console = Console::new(&session.ui, session.editor());
    loop {
        let Reply::Line(line) = console.ask(&texts::directory_question(service, &directories)) else {
            return Directory::Quit;
        };
        let said = match line.trim() {
            "" | "s" | "skip" => return Directory::None,
            "?" | "h" | "help" => {
                session.ui.out(texts::DIRECTORY_KEYS);
                continue;
            }
            "q" | "quit" => return Directory::Quit,
            number if number.parse::<usize>().is_ok() => {
                let at = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
                at.and_then(|at| directories.get(at)).cloned()
            }
            text => says_directory(text).then(|| text.to_owned()),
        };
        if let Some(said) = said {
            let option = error::plan::data_dir_option(service, &said);
            session.ui.line(texts::directory_said(&option));
            return Directory::Said(said);
        }
        session.ui.line(texts::NO_DIRECTORY);
    }
}
