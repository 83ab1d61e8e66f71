//! What a commit did, in sentences: each is said where the evidence has it.

use std::collections::BTreeMap;

use super::evidence::Evidence;
use super::texts;
use crate::commit::Section;
use crate::plan::kinds;

/// The sentences, by the part of the message that they belong to.
pub fn of(evidence: &Evidence) -> BTreeMap<Section, Vec<String>> {
    let all = [
        (Section::Contract, contract(evidence)),
        (Section::Collector, collector(evidence)),
        (Section::VmTest, test(evidence)),
        (Section::Removal, removal(evidence)),
    ];
    BTreeMap::from(all)
}

fn contract(evidence: &Evidence) -> Vec<String> {
    let mut said = vec![texts::contract(&evidence.module, evidence.is_own)];
    if evidence.is_unimported {
        said.push(texts::not_imported(&evidence.host));
    }
    if let Some((path, value)) = &evidence.setting {
        said.push(texts::setting(path, value));
    }
    if evidence.did(kinds::DEPENDENCIES) {
        said.push(texts::depends(&evidence.depends_on));
    }
    if evidence.did(kinds::DATABASES) {
        said.push(texts::databases(&evidence.databases));
    }
    if evidence.did(kinds::DATABASE_READS) {
        said.push(texts::READS.to_owned());
    }
    said
}

fn collector(evidence: &Evidence) -> Vec<String> {
    let taken = [(evidence.persists, "persistence"), (evidence.backs_up, "backups")];
    let taken: Vec<&str> = taken
        .iter()
        .filter(|(there, _)| *there)
        .map(|(_, what)| *what)
        .collect();
    let mut said = Vec::new();
    if !taken.is_empty() {
        said.push(texts::collected(&taken));
    }
    if !evidence.follows_switch.is_empty() {
        said.push(texts::follows_switch(&evidence.follows_switch));
    }
    if evidence.is_bridged {
        said.push(texts::BRIDGED.to_owned());
    }
    if evidence.did(kinds::GAIN) {
        said.push(texts::GAINED.to_owned());
    }
    said
}

fn test(evidence: &Evidence) -> Vec<String> {
    let mut said = Vec::new();
    if evidence.test_imports {
        said.push(texts::TEST_IMPORTS.to_owned());
    }
    if evidence.test_switches {
        said.push(texts::TEST_SWITCHES.to_owned());
    }
    if let Some(test) = &evidence.new_test {
        said.push(texts::new_test(
            &test.path,
            &test.check,
            &test.registration,
            evidence.has_flake,
        ));
    }
    said
}

fn removal(evidence: &Evidence) -> Vec<String> {
    let mut said = Vec::new();
    if evidence.was_legacy {
        let mut left = evidence.legacy_left.clone();
        left.extend(evidence.jobs_left().map(|job| job.option.clone()));
        said.push(match left.as_slice() {
            [] => texts::REMOVED.to_owned(),
            left => texts::removed_but(left),
        });
    }
    if evidence.did(kinds::BACKUP) {
        said.extend(evidence.jobs.iter().map(|job| texts::job(&job.name, job.stands)));
    }
    said
}
