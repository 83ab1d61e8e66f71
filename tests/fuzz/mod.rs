//! Fuzzing: texts that a generator makes up and texts that are nearly right, for the parser and for the planner.
//!
//! What holds for every text stands in [`targets`]. The short form runs with every test run; the long form is run by hand:
//!
//! ```console
//! $ QGROGET_FUZZ=planner QGROGET_INPUTS=1000000 cargo test --profile fuzz --test main fuzz::long -- --ignored --nocapture
//! ```
//!
//! A text that fails is written to `target/fuzz`; once the fault is mended, it belongs in `tests/fuzz/seeds`.

mod choices;
mod generate;
mod mutate;
mod targets;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use choices::Choices;
use fastrand::Rng;
use proptest::prelude::*;
use targets::{Lab, Outcome};

use crate::common::project;

/// How long a text of at most 64 KB may take, where the program is built with optimizations, as for the long form.
const LONGEST: Duration = Duration::from_secs(1);
/// How many texts the short form has at most.
const SHORT: usize = 10_000;

/// The texts that were a fault once.
fn seeds() -> Vec<(PathBuf, String)> {
    let mut seeds: Vec<(PathBuf, String)> = std::fs::read_dir(project().join("tests/fuzz/seeds"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), std::fs::read_to_string(path).unwrap()))
        .collect();
    seeds.sort();
    seeds
}

/// What texts are made from: the seeds and the example's modules.
fn corpus() -> Vec<String> {
    let mut texts: Vec<String> = seeds().into_iter().map(|(_, text)| text).collect();
    let mut open = vec![project().join("examples/homelab")];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "nix") {
                texts.push(std::fs::read_to_string(path).unwrap());
            }
        }
    }
    texts.sort();
    texts
}

fn bytes(chance: &mut Rng, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    chance.fill(&mut bytes);
    bytes
}

/// The text number `number` of a run: generated, or a known one that was changed.
fn input(corpus: &[String], chance: &mut Rng, is_plan: bool) -> String {
    let generated = |chance: &mut Rng| {
        let length = [40, 120, 400][chance.usize(..3)];
        generate::module(&mut Choices::new(&bytes(chance, length)))
    };
    match chance.usize(..8) {
        0..=2 => generated(chance),
        3 => {
            let text = generated(chance);
            mutate::mutated(&text, corpus, chance)
        }
        4 if !is_plan => String::from_utf8_lossy(&bytes(chance, 64)).into_owned(),
        4 => generated(chance),
        _ if is_plan => {
            let text = generated(chance);
            mutate::mutated(&text, corpus, chance)
        }
        _ => {
            let text = corpus[chance.usize(..corpus.len())].clone();
            mutate::mutated(&text, corpus, chance)
        }
    }
}

/// Runs `count` texts from `seed` on; returns what became of them, and the longest time that one took.
fn run(target: &str, seed: u64, count: usize) -> (BTreeMap<Outcome, usize>, Duration) {
    let (corpus, mut outcomes, mut longest) = (corpus(), BTreeMap::new(), Duration::ZERO);
    let lab = (target == "planner").then(Lab::new);
    let mut failures = 0;
    for number in 0..count as u64 {
        let mut chance = Rng::with_seed(seed + number);
        let text = input(&corpus, &mut chance, lab.is_some());
        let in_place = chance.usize(..2) == 0;
        let try_it = || {
            let begun = Instant::now();
            let done = catch_unwind(AssertUnwindSafe(|| match &lab {
                Some(lab) => lab.planner(&text, in_place),
                None => {
                    if number % 200 == 0 {
                        targets::formatter(&text);
                    }
                    targets::parser(&text)
                }
            }));
            (done, begun.elapsed())
        };
        let (mut done, mut took) = try_it();
        // Other work on the machine may have held it up; the text itself does so twice.
        if took > LONGEST {
            (done, took) = try_it();
        }
        longest = longest.max(took);
        let slow = took > LONGEST && count > SHORT;
        match done {
            Ok(outcome) if !slow => *outcomes.entry(outcome).or_default() += 1,
            _ => {
                failures += 1;
                let path = project().join(format!("target/fuzz/{target}-{}.nix", seed + number));
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(&path, &text).unwrap();
                println!("{}: {took:?}", path.display());
                assert!(failures < 20, "too many failures; the first ones are in target/fuzz");
            }
        }
        if count > SHORT && (number + 1) % (count as u64 / 20) == 0 {
            println!(
                "{target}: {} of {count}: {outcomes:?}, {failures} failed, longest {longest:?}",
                number + 1
            );
        }
    }
    assert_eq!(failures, 0, "texts that failed are in target/fuzz");
    (outcomes, longest)
}

fn deep<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    qgroget::deep::on_a_deep_stack(work)
}

#[test]
fn texts_that_were_faults_once() {
    deep(|| {
        let lab = Lab::new();
        for (path, text) in seeds() {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let result = catch_unwind(AssertUnwindSafe(|| {
                targets::parser(&text);
                targets::formatter(&text);
                lab.planner(&text, false);
                lab.planner(&text, true);
            }));
            assert!(result.is_ok(), "{name} is a fault again");
        }
    });
}

#[test]
fn the_parser_takes_every_text() {
    let (outcomes, _) = deep(|| run("parser", 1, 4000));
    assert!(
        outcomes[&Outcome::Broken] > 400 && outcomes[&Outcome::Idle] > 400,
        "{outcomes:?}"
    );
}

#[test]
fn the_planner_takes_every_text() {
    let (outcomes, _) = deep(|| run("planner", 1, 300));
    assert!(outcomes[&Outcome::Migrated] > 15, "{outcomes:?}");
    assert!(outcomes[&Outcome::Refused] > 30, "{outcomes:?}");
}

#[test]
#[ignore = "by hand: it takes as long as QGROGET_INPUTS says"]
fn long() {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let target = variable("QGROGET_FUZZ");
    let number = |name: &str, otherwise: u64| variable(name).parse().unwrap_or(otherwise);
    let (seed, count) = (
        number("QGROGET_SEED", 1_000_000),
        number("QGROGET_INPUTS", 100_000) as usize,
    );
    let (outcomes, longest) = deep(|| run(&target, seed, count));
    println!("{target}: {count} texts from {seed} on: {outcomes:?}; the longest took {longest:?}");
}

/// A text from a file: `QGROGET_TEXT=file`.
#[test]
#[ignore = "by hand: to look into a text that failed"]
fn one() {
    let text = std::fs::read_to_string(Path::new(&std::env::var_os("QGROGET_TEXT").expect("a file"))).unwrap();
    deep(|| {
        println!("parser: {:?}", targets::parser(&text));
        targets::formatter(&text);
        let lab = Lab::new();
        println!(
            "planner: {:?} {:?}",
            lab.planner(&text, true),
            lab.planner(&text, false)
        );
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// Decisions as bytes, so that what fails is made smaller.
    #[test]
    fn whatever_is_decided_is_planned_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), in_place: bool) {
        thread_local!(static LAB: Lab = Lab::new());
        let text = generate::module(&mut Choices::new(&bytes));
        LAB.with(|lab| lab.planner(&text, in_place));
    }

    /// Edits of whole lines, composed: the text is that of the edits, and comes out the same however it is cut.
    #[test]
    fn edits_make_the_text(text in "[a-c\n\r{};=# ]{0,60}", cuts in prop::collection::vec((0_usize..60, 0_usize..8, "[x\n;]{0,6}"), 0..6)) {
        use qgroget::edit::{GroupId, TextEdit, render};
        let mut at = 0;
        let mut edits = Vec::new();
        let mut expected = String::new();
        for (skip, length, new) in cuts {
            let start = at + skip;
            let end = (start + length).min(text.len());
            if start > text.len() {
                break;
            }
            expected.push_str(&text[at..start]);
            expected.push_str(&new);
            edits.push(TextEdit { range: start..end, text: new, group: GroupId(0) });
            at = end;
        }
        expected.push_str(&text[at..]);
        // The last first, but insertions at one offset as they are given: their order is theirs.
        edits.sort_by_key(|edit| std::cmp::Reverse((edit.range.start, edit.range.end)));
        let before = edits.clone();
        prop_assert_eq!(render::apply(&text, &mut edits).unwrap(), expected);
        prop_assert_eq!(edits.len(), before.len());
    }
}
