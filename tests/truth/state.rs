//! What `status` says of the service.

use qgroget::plan::model::Context;
use qgroget::status::{Pattern, Service};

use super::checklist::not_saved;
use super::tree::Tree;
use super::{Case, message};

/// Checks every statement; returns how many there were.
pub fn check(case: &Case, service: &Service, context: &Context) -> usize {
    let after = &case.after;
    assert_eq!(service.pattern, Pattern::Contract, "{}", case.what);
    let mut count = 0;
    for kept in service
        .persisted
        .iter()
        .chain(service.backed_up.iter().map(|saved| &saved.kept))
    {
        let text = after.repo.text(&kept.place.path).expect("a place in the tree");
        let line = text.lines().nth(kept.place.line as usize - 1).unwrap_or_default();
        assert!(
            !line.trim().is_empty() && !line.trim_start().starts_with('#'),
            "{}: {}",
            case.what,
            kept.path
        );
        count += 1;
    }
    for saved in &service.backed_up {
        let all = after.saved();
        let named = all
            .iter()
            .any(|text| text.contains(saved.kept.path.as_str()) || !text.contains('"') || text.contains('$'));
        assert!(named, "{}: {} is in no backup", case.what, saved.kept.path);
    }
    for gap in &service.gaps {
        assert!(after.repo.has(&gap.place.path), "{}: {}", case.what, gap.text);
        let sentence = format!("{} [{}]", gap.text, gap.code);
        message::holds(case, &sentence, holds(case, gap.code, &gap.text, service, context));
        count += 1;
    }
    assert!(service.blocked.is_none(), "{}", case.what);
    count
}

fn holds(case: &Case, code: &str, text: &str, service: &Service, context: &Context) -> bool {
    let after = &case.after;
    let module = &service.place.path;
    let split = |path: &str| path.split('.').map(str::to_owned).collect::<Vec<_>>();
    let is_there = |path: &str| {
        let names = split(path);
        !after
            .below(&names.iter().map(String::as_str).collect::<Vec<_>>())
            .is_empty()
    };
    match code {
        "import-commented-out" | "not-imported" => {
            let imported = after.naming(module, false);
            imported.iter().all(|file| !context.model.is_imported(file))
        }
        "enabled-nowhere" => {
            let switch = text.rsplit(' ').next().unwrap_or_default();
            let names = split(switch);
            after
                .at(&names.iter().map(String::as_str).collect::<Vec<_>>())
                .is_empty()
        }
        "foreign-state" | "kept-by-another" => super::checklist::foreign(case, text),
        "unread-field" => {
            let field = text.split(' ').next().unwrap_or_default();
            let services = &after.rules().namespaces.services;
            !after.at(&Tree::option(services, case.service, &[field])).is_empty()
        }
        "not-backed-up" => text
            .strip_prefix("keeps state that no backup has: ")
            .is_some_and(|paths| not_saved(case, paths)),
        "legacy-remnant" => match text
            .strip_prefix("has ")
            .and_then(|text| text.strip_suffix(" left of the old pattern"))
        {
            Some(path) => is_there(path),
            None => text.ends_with(" by the contract and again here"),
        },
        _ => false,
    }
}
