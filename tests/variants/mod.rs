//! The homelab as other people would have written it: every variant migrates without a difference, or is refused with
//! a reason.
//!
//! A variant is `examples/homelab` with one file or all of them in another form ([`FORMS`]), or in two forms at once. In
//! memory, half of them are planned for an eighth of their services; nix is asked about a sample. The long form plans all, and asks nix about each:
//! `cargo test --test main variants -- --ignored --nocapture` (`QGROGET_FORM=name` restricts it to forms,
//! `QGROGET_EACH=5` to so many files for each form).

mod bindings;
mod forms;
mod layout;
mod module;
mod names;
mod shapes;
mod text;
mod trial;
mod values;

use std::collections::BTreeMap;

use rayon::prelude::*;

use forms::{FORMS, Form, PAIRS};
use trial::{Homelab, Outcome, Trial, Variant};

use crate::common::nix;

/// The share of trials that migrate, in percent: what is reached, rounded down.
const MIGRATED: usize = 98;

/// The single files for each form that are planned wherever the tests run.
const EACH: usize = 3;

/// Of the services of a variant one in so many is planned wherever the tests run; of few services all are.
const ONE_IN: usize = 8;

/// Every form on single files and on all, and pairs of forms: `of_each` single files for each form.
fn variants(homelab: &Homelab, of_each: usize) -> Vec<Variant> {
    let mut variants = Vec::new();
    for (index, form) in FORMS.iter().enumerate() {
        let forms = [form];
        let single: Vec<Variant> = homelab
            .files()
            .iter()
            .filter_map(|file| homelab.variant(&forms, std::slice::from_ref(file)))
            .collect();
        let count = single.len().max(1);
        // Other files for each form, evenly from all to which it applies.
        let chosen = (0..of_each.min(single.len())).map(|n| (index * 5 + n * count / of_each.min(count)) % count);
        let chosen: std::collections::BTreeSet<usize> = chosen.collect();
        variants.extend(
            single
                .into_iter()
                .enumerate()
                .filter(|(n, _)| chosen.contains(n))
                .map(|(_, variant)| variant),
        );
        variants.extend(homelab.variant(&forms, homelab.files()));
    }
    for (index, (first, second)) in PAIRS.iter().enumerate() {
        let forms = [named(first), named(second)];
        variants.extend(homelab.variant(&forms, homelab.files()));
        let file = homelab.files()[index * 3 % homelab.files().len()].clone();
        variants.extend(homelab.variant(&forms, &[file]));
    }
    variants
}

fn named(name: &str) -> &'static Form {
    let found = FORMS.iter().find(|form| form.name == name);
    found.unwrap_or_else(|| panic!("there is no form '{name}'"))
}

/// What became of the trials, as a table; by form where something was refused.
fn table(variants: usize, trials: &[(String, Outcome)]) -> String {
    let refused: Vec<(&str, &str)> = trials
        .iter()
        .filter_map(|(name, outcome)| match outcome {
            Outcome::Migrated => None,
            Outcome::Refused { code, .. } => Some((*code, name.as_str())),
        })
        .collect();
    let mut by_code: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (code, name) in &refused {
        by_code.entry(code).or_default().push(name);
    }
    let mut lines = vec![format!(
        "{variants} variants, {} trials: {} migrated, {} refused ({:.1} % migrated)",
        trials.len(),
        trials.len() - refused.len(),
        refused.len(),
        percent(trials)
    )];
    for (code, names) in by_code {
        lines.push(format!("  {:4}  {code}", names.len()));
        let mut forms: BTreeMap<&str, usize> = BTreeMap::new();
        for name in names {
            *forms.entry(name.split(':').next().unwrap_or(name)).or_default() += 1;
        }
        lines.extend(forms.iter().map(|(form, count)| format!("          {count:4}  {form}")));
    }
    lines.join("\n")
}

fn percent(trials: &[(String, Outcome)]) -> f64 {
    let migrated = trials
        .iter()
        .filter(|(_, outcome)| matches!(outcome, Outcome::Migrated))
        .count();
    migrated as f64 * 100.0 / trials.len().max(1) as f64
}

/// Asserts that nothing failed, and says all that did.
fn without_failures(results: Vec<Result<Vec<(String, Outcome)>, String>>) -> Vec<(String, Outcome)> {
    let (trials, failures): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    let failures: Vec<String> = failures.into_iter().filter_map(Result::err).collect();
    assert!(
        failures.is_empty(),
        "{} fail:\n\n{}",
        failures.len(),
        failures
            .iter()
            .map(|failure| shortened(failure))
            .collect::<Vec<_>>()
            .join("\n\n")
    );
    trials.into_iter().flat_map(Result::unwrap).collect()
}

/// As much of a failure as it takes to see what it is.
fn shortened(failure: &str) -> &str {
    let end = failure.char_indices().nth(1500).map_or(failure.len(), |(at, _)| at);
    &failure[..end]
}

#[test]
fn every_variant_migrates_or_is_refused_with_a_reason() {
    let homelab = Homelab::read();
    let variants = variants(&homelab, EACH);
    assert!(variants.len() >= 300, "only {} variants", variants.len());
    let variants: Vec<Variant> = variants.into_iter().step_by(2).collect();
    let trials = variants
        .par_iter()
        .enumerate()
        .map(|(at, variant)| Trial::new(&homelab, variant).services(&some_of(&variant.services, at)));
    let trials = without_failures(trials.collect());
    let table = table(variants.len(), &trials);
    println!("{table}");
    assert!(percent(&trials) >= MIGRATED as f64, "{table}");
}

/// Others for each variant, so that each service is planned in some of all forms.
fn some_of(services: &[String], at: usize) -> Vec<String> {
    match services.len() < ONE_IN {
        true => services.to_vec(),
        false => services.iter().skip(at % ONE_IN).step_by(ONE_IN).cloned().collect(),
    }
}

/// One in many of the variants, on real input for nix.
#[test]
fn variants_mean_what_they_meant() {
    if !nix::available() {
        return;
    }
    let homelab = Homelab::read();
    let variants = variants(&homelab, 1);
    let sample: Vec<&Variant> = variants.iter().step_by(9).collect();
    let results = sample.par_iter().map(|variant| {
        let trial = Trial::new(&homelab, variant);
        trial.harmless()?;
        trial.equivalent(&variant.services[..1])
    });
    let trials = without_failures(results.collect());
    assert!(trials.len() > 8, "{trials:?}");
}

/// Variants that something was found with: their form, the file that has it, a service.
const FOUND: [(&str, &str, &str); 6] = [
    ("one-line", "modules/server/media/music/default.nix", "navidrome"),
    ("line-each", "modules/server/SSO/default.nix", "auth"),
    ("parenthesized-all", "modules/server/settings.nix", "jellyfin"),
    ("parenthesized-elements", "modules/server/traefik/default.nix", "proxy"),
    ("parenthesized-elements", "modules/server/media/default.nix", "immich"),
    (
        "mkIf-true-fields",
        "modules/server/media/music/default.nix",
        "navidrome",
    ),
];

#[test]
fn what_was_found_once_stays_mended() {
    let homelab = Homelab::read();
    let trials = FOUND.par_iter().map(|(form, file, service)| {
        let variant = homelab
            .variant(&[named(form)], &[file.into()])
            .expect("the form applies");
        let trial = Trial::new(&homelab, &variant);
        let services = [(*service).to_owned()];
        match nix::available() {
            true => trial.equivalent(&services),
            false => trial.services(&services),
        }
    });
    let trials = without_failures(trials.collect());
    assert!(
        trials.iter().all(|(_, outcome)| matches!(outcome, Outcome::Migrated)),
        "{trials:?}"
    );
}

/// Every variant and every service of its files.
#[test]
#[ignore = "takes minutes"]
fn all_variants_mean_what_they_meant_by_hand() {
    assert!(nix::available());
    let homelab = Homelab::read();
    let each = std::env::var("QGROGET_EACH").ok().and_then(|each| each.parse().ok());
    let mut variants = variants(&homelab, each.unwrap_or(usize::MAX));
    if let Ok(form) = std::env::var("QGROGET_FORM") {
        variants.retain(|variant| variant.name.contains(&form));
    }
    let results = variants.par_iter().map(|variant| {
        let trial = Trial::new(&homelab, variant);
        trial.harmless()?;
        trial.equivalent(&variant.services)
    });
    let trials = without_failures(results.collect());
    println!("{}", table(variants.len(), &trials));
    for (name, outcome) in &trials {
        if let Outcome::Refused { message, .. } = outcome {
            println!("{name}: {message}");
        }
    }
    assert!(percent(&trials) >= MIGRATED as f64);
}
