//! Mutation testing of the contract: each change of its code that its suite does not notice is either harmless, which
//! `nix/tests/harmless.toml` gives a reason for, or something that no case of the suite shows.

mod calls;
mod change;
mod collections;
mod conditions;
mod harmless;
mod logic;
mod made;
mod patterns;
pub mod suite;
mod values;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use harmless::Harmless;
use made::Mutant;
use suite::Suite;

use crate::common::nix;

/// How many mutants `cargo test` tries.
const SAMPLE: usize = 40;

#[test]
fn a_sample_is_noticed() {
    if !nix::available() {
        return;
    }
    let mutants = made::all();
    let harmless = Harmless::read();
    let stale = harmless.stale(&mutants);
    assert!(stale.is_empty(), "no mutants any more:\n{}", stale.join("\n"));
    let mut all: Vec<&Mutant> = mutants.iter().collect();
    all.sort_by_key(|mutant| (mutant.operator, mutant.number));
    let mut tried = evenly(&all, SAMPLE);
    tried.retain(|mutant| !harmless.has(mutant));
    let tried_by = run(&tried);
    let survivors: Vec<String> = tried
        .iter()
        .zip(tried_by)
        .filter(|(_, by)| by.is_none())
        .map(|(mutant, _)| told(mutant))
        .collect();
    assert!(survivors.is_empty(), "noticed by no case:\n{}", survivors.join("\n"));
}

/// `QGROGET_MUTANTS` has the numbers of those to try, `7,100..200`, or a text that their lines have; or else all are tried.
#[test]
#[ignore = "the long form, by hand: ten minutes"]
fn all_are_noticed() {
    assert!(nix::available());
    let mutants = made::all();
    let harmless = Harmless::read();
    let asked = std::env::var("QGROGET_MUTANTS").unwrap_or_default();
    let tried: Vec<&Mutant> = mutants.iter().filter(|mutant| is_asked(&asked, mutant)).collect();
    let tried_by = run(&tried);
    let (mut survivors, mut noticed) = (Vec::new(), Vec::new());
    let mut table: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    for (mutant, by) in tried.iter().zip(tried_by) {
        let outcome = match (by, harmless.has(mutant)) {
            (Some(_), is_harmless) => {
                if is_harmless {
                    noticed.push(mutant.key());
                }
                1
            }
            (None, true) => 2,
            (None, false) => {
                survivors.push(told(mutant));
                3
            }
        };
        for row in [mutant.operator, "all"] {
            let counts = table.entry(row).or_default();
            counts[0] += 1;
            counts[outcome] += 1;
        }
    }
    println!(
        "{:40} {:>7} {:>7} {:>8} {:>8}",
        "", "made", "noticed", "harmless", "survives"
    );
    for (operator, [made, noticed, harmless, survives]) in table {
        println!("{operator:40} {made:7} {noticed:7} {harmless:8} {survives:8}");
    }
    assert!(survivors.is_empty(), "noticed by no case:\n{}", survivors.join("\n"));
    assert!(
        noticed.is_empty(),
        "noticed, though listed as harmless:\n{}",
        noticed.join("\n")
    );
    let stale = harmless.stale(&mutants);
    assert!(stale.is_empty(), "no mutants any more:\n{}", stale.join("\n"));
}

/// The list, without trying any.
#[test]
#[ignore = "by hand: to look at"]
fn list() {
    made::all().iter().for_each(|mutant| println!("{}", told(mutant)));
}

/// So many of a list, from all over it.
fn evenly<'m>(list: &[&'m Mutant], count: usize) -> Vec<&'m Mutant> {
    let step = (list.len() as f64 / count as f64).max(1.0);
    let places = (0..count).map(|number| (number as f64 * step) as usize);
    places
        .take_while(|place| *place < list.len())
        .map(|place| list[place])
        .collect()
}

fn is_asked(asked: &str, mutant: &Mutant) -> bool {
    let is_number = |character: char| character.is_ascii_digit() || ",. ".contains(character);
    if asked.is_empty() || !asked.chars().all(is_number) {
        return mutant.to_string().contains(asked) || mutant.key().contains(asked);
    }
    asked.split(',').any(|range| {
        let number = |text: &str| text.trim().parse::<usize>().expect("a number");
        match range.split_once("..") {
            Some((from, to)) => (number(from)..number(to)).contains(&mutant.number),
            None => number(range) == mutant.number,
        }
    })
}

/// A mutant as a person looks for it, and as it is listed.
fn told(mutant: &Mutant) -> String {
    format!("{mutant}\n       {}", mutant.key())
}

/// By what each is noticed. As many at a time are tried as there are processors; how far it is, is said.
fn run(tried: &[&Mutant]) -> Vec<Option<String>> {
    let suite = Suite::new();
    let begin = Instant::now();
    let (next, done, survivors) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let results = Mutex::new(vec![None; tried.len()]);
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    // Neighbours go to one asker, who knows which cases notice them.
    let work = || {
        let mut asker = suite.asker();
        loop {
            let from = next.fetch_add(8, Ordering::Relaxed);
            let Some(some) = tried
                .get(from..tried.len().min(from + 8))
                .filter(|some| !some.is_empty())
            else {
                return;
            };
            for (number, mutant) in some.iter().enumerate() {
                let by = asker.noticed(mutant);
                if by.is_none() {
                    survivors.fetch_add(1, Ordering::Relaxed);
                    println!("survives: {}", told(mutant));
                }
                results.lock().unwrap()[from + number] = by;
                let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                if done.is_multiple_of(100) {
                    let minutes = begin.elapsed().as_secs() / 60;
                    let survivors = survivors.load(Ordering::Relaxed);
                    println!("{done} of {} tried, {survivors} survive, {minutes} min", tried.len());
                }
            }
        }
    };
    std::thread::scope(|scope| (0..jobs).for_each(|_| drop(scope.spawn(work))));
    results.into_inner().unwrap()
}
