//! What was declined is offered by the next `migrate`, and then it stands where it would have stood.

use qgroget::plan::Proposal;
use qgroget::plan::migrate::Migration;
use qgroget::plan::model::{Context, legacy_names};
use qgroget::repo::Repository;
use qgroget::repo::hosts;
use qgroget::status;

use super::Case;

/// The kinds that a later run takes up. The others are choices of form: where a service is switched on, where its secrets
/// stand, and what its code reads.
const TAKEN_UP: [&str; 6] = [
    "persistence",
    "backup",
    "dependencies",
    "databases",
    "placement",
    "test",
];

/// Checks what is offered after a case, and takes it.
pub fn check(case: &Case, after: &Context) {
    let resumed = resume(after, case.service);
    let offered: Vec<&str> = kinds(resumed.as_ref());
    for kind in TAKEN_UP.into_iter().filter(|kind| case.declined(kind)) {
        assert!(
            offered.contains(&kind),
            "{}: {kind} was declined and is not offered: {offered:?}",
            case.what
        );
    }
    let own = |kind: &&&str| !case.declined(kind) && !matches!(**kind, "gain");
    let new: Vec<_> = offered.iter().filter(own).collect();
    assert!(new.is_empty(), "{}: {new:?} was not declined and is offered", case.what);
    let Some(migration) = resumed else {
        return;
    };
    let mut repo = taken(after, &migration);
    let again = {
        let model = hosts::model_after(&repo, after.host, after.model);
        let context = Context {
            repo: &repo,
            model: &model,
            ..*after
        };
        let legacy = legacy_names(&model, repo.rules());
        assert!(
            !legacy.contains(&case.service.to_owned()),
            "{}: legacy declarations stand still",
            case.what
        );
        let again = resume(&context, case.service);
        let offered = kinds(again.as_ref());
        // What the contract keeps only now can be backed up.
        assert!(
            offered.iter().all(|kind| *kind == "gain"),
            "{}: offered once more: {offered:?}",
            case.what
        );
        again.map(|migration| taken(&context, &migration))
    };
    if let Some(again) = again {
        repo = again;
    }
    let model = hosts::model_after(&repo, after.host, after.model);
    let context = Context {
        repo: &repo,
        model: &model,
        ..*after
    };
    let last = resume(&context, case.service);
    assert_eq!(
        kinds(last.as_ref()),
        Vec::<&str>::new(),
        "{}: offered for ever",
        case.what
    );
}

/// The repository with all that is offered.
fn taken(context: &Context, migration: &Migration) -> Repository {
    let all = migration.groups().iter().map(|group| group.id).collect();
    context.repo.after(&migration.render(&all).unwrap())
}

fn resume<'a>(context: &'a Context<'a>, service: &str) -> Option<Migration<'a>> {
    let unsaved = status::service(context, service).map_or_else(Vec::new, |service| service.unsaved);
    Migration::resume(context, service, &unsaved).unwrap()
}

fn kinds<'m>(migration: Option<&'m Migration>) -> Vec<&'m str> {
    migration.map_or_else(Vec::new, |migration| {
        migration.groups().iter().map(|group| group.kind).collect()
    })
}
