//! Work shared by two threads, and the count of what came of it.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What is wrong with one run, and which run it was.
pub struct Wrong {
    pub what: String,
    pub why: Vec<String>,
}

impl Wrong {
    /// `None` if there is nothing to be said. What is wrong is printed at once: a long form is not waited for to see it.
    pub fn found(what: String, why: Vec<String>) -> Option<Wrong> {
        if why.is_empty() {
            return None;
        }
        println!("{what}\n    {}", why.join("\n    "));
        Some(Wrong { what, why })
    }
}

/// Does `work` for all items, two at a time; what was found is in the order of the items.
pub fn share<I: Sync, R: Send>(items: &[I], work: impl Fn(usize, &I) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let number = next.fetch_add(1, Ordering::Relaxed)
                    && let Some(item) = items.get(number)
                {
                    let result = work(number, item);
                    results.lock().unwrap().insert(number, result);
                    // Only a long form comes so far, and its output is not captured.
                    if (number + 1).is_multiple_of(200) {
                        println!("{} of {}", number + 1, items.len());
                    }
                }
            });
        }
    });
    results.into_inner().unwrap().into_values().collect()
}

/// `count` of the items, evenly spread; the same every time.
pub fn sample<I>(items: Vec<I>, count: usize) -> Vec<I> {
    let all = items.len();
    let taken = |number: usize| all <= count || (number * count) / all != ((number + 1) * count) / all;
    items
        .into_iter()
        .enumerate()
        .filter(|(number, _)| taken(*number))
        .map(|(_, item)| item)
        .collect()
}

/// Fails with every wrong run, the reasons counted.
#[track_caller]
pub fn none_wrong(summary: &str, wrong: &[Wrong]) {
    let mut text = format!("{summary}, {} wrong", wrong.len());
    println!("{text}");
    if wrong.is_empty() {
        return;
    }
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for Wrong { what, why } in wrong {
        text += &format!("\n{what}\n    {}", why.join("\n    "));
        for reason in why {
            *kinds.entry(reason.clone()).or_default() += 1;
        }
    }
    let mut kinds: Vec<(String, usize)> = kinds.into_iter().collect();
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    for (kind, count) in kinds.iter().take(40) {
        text += &format!("\n{count:5} × {kind}");
    }
    panic!("{text}");
}
