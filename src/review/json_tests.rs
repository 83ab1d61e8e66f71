use super::*;
use crate::fake::jellyfin;
use crate::review::decide_noninteractive;
use crate::testing::snapshot;

fn validate(document: &Document) -> serde_json::Value {
    let text = document.to_text().unwrap();
    let instance: serde_json::Value = serde_json::from_str(&text).unwrap();
    let schema = serde_json::from_str(include_str!("../../docs/schema/plan-1.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<String> = validator
        .iter_errors(&instance)
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{faults:#?}\n{text}");
    instance
}

fn refusal() -> Error {
    let place = Place::new(Path::new("x.nix"), &"a.b = c;".into(), 6..7);
    Error::refused("unknown-value", "c is not known")
        .at(place)
        .reason("it is set elsewhere")
        .hint("write it out")
}

#[test]
fn every_outcome_is_as_the_schema_says() {
    let proposal = jellyfin();
    let decision = decide_noninteractive(&proposal, true, false).unwrap();
    let mut document = Document::new("migrate");
    let mut service = Service::decided(&proposal, &decision, ServiceOutcome::Migrated).unwrap();
    service.proof = Some(serde_json::json!({"verdict": "equal"}));
    service.commit = Some(Commit {
        first: None,
        message: "refactor: x\n".into(),
        id: Some("0123abc".into()),
    });
    document.services.push(service);
    let mut planned = Service::decided(&proposal, &decision, ServiceOutcome::Planned).unwrap();
    planned.commit = Some(Commit {
        first: None,
        message: "refactor: x\n".into(),
        id: None,
    });
    document.services.push(planned);
    document.services.push(Service::refused(
        "immich",
        [&refusal(), &Error::usage("other", "no place")],
    ));
    document.services.push(Service::nothing("done"));
    document.notes.push("README.md mentions a file that moved".into());
    let instance = validate(&document);
    assert_eq!(instance["services"][2]["refusals"][0]["column"], 7);
    let mut one = document;
    one.services.truncate(1);
    snapshot!("json", one.to_text().unwrap());
    validate(&Document::new("init"));
}

#[test]
fn the_schema_refuses_what_is_not_in_it() {
    let schema = serde_json::from_str(include_str!("../../docs/schema/plan-1.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for wrong in [
        serde_json::json!({"schema": 2, "command": "migrate", "services": [], "notes": []}),
        serde_json::json!({"schema": 1, "command": "migrate", "services": []}),
        serde_json::json!({"schema": 1, "command": "migrate", "services": [], "notes": [], "more": 1}),
        serde_json::json!({"schema": 1, "command": "migrate", "services": [{"service": "x"}], "notes": []}),
    ] {
        assert!(!validator.is_valid(&wrong), "{wrong}");
    }
}

#[test]
fn the_edits_make_the_files() {
    let proposal = jellyfin();
    let decision = decide_noninteractive(&proposal, true, true).unwrap();
    let edits = edits(&proposal, &decision).unwrap();
    for file in &decision.change.files {
        let of = |entry: &&EditEntry| entry.new_file == file.to.as_deref().map(text);
        let mut own: Vec<&EditEntry> = edits.values().flatten().filter(of).collect();
        assert!(!own.is_empty(), "{}", file.path().display());
        own.sort_by_key(|edit| (edit.range.start, edit.range.end));
        let mut made = file.before.to_string();
        for edit in own.iter().rev() {
            assert_eq!(&file.before[edit.range.start..edit.range.end], edit.before);
            made.replace_range(edit.range.start..edit.range.end, &edit.after);
        }
        assert_eq!(made, &*file.after);
    }
    let created = edits[&GroupId(5)].iter().any(|edit| edit.file.is_none());
    assert!(created, "the new file belongs to the group that makes it");
}

#[test]
fn a_group_says_what_it_is_declined_with() {
    let proposal = jellyfin();
    let mut decision = decide_noninteractive(&proposal, true, false).unwrap();
    decision.declined.push(crate::review::Declined {
        group: GroupId(3),
        reason: Reason::Needs(GroupId(2)),
    });
    let service = Service::decided(&proposal, &decision, ServiceOutcome::Planned).unwrap();
    assert_eq!(service.groups[3].declined_with, Some(GroupId(2)));
    assert_eq!(service.groups[4].declined_with, None);
}
