//! The writing calls of a run, and the sites that they stand for.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::scenarios::Scenario;
use super::strace;
use super::wrapper::Wrapper;
use crate::common::faults::{Lab, program};

/// A process of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Process {
    Qgroget,
    /// One of the git processes, counted from 1 in the order in which they are started.
    Git(usize),
}

/// A writing call of a run.
#[derive(Clone, Debug)]
pub struct Call {
    pub process: Process,
    /// Its number among the calls of the same name in its process, counted from 1; among those on `named`, if that
    /// is there.
    pub nth: usize,
    /// For a file that the program opens: its path in the lab, if it is the same every time. The threads of the program
    /// share what they read in another way each time, so files that are opened cannot be counted.
    pub named: Option<String>,
    /// The writing call before it.
    pub previous: Option<Box<Call>>,
    pub site: Site,
}

impl Call {
    /// Whether it can be found again.
    pub fn is_exact(&self) -> bool {
        self.process != Process::Qgroget || !OPENING.contains(&self.site.call.as_str()) || self.named.is_some()
    }
}

const OPENING: [&str; 2] = ["openat", "open"];

/// Where calls stand that are one and the same to a reader: numbers and hashes in paths are left out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Site {
    pub program: String,
    pub call: String,
    pub path: String,
}

impl std::fmt::Display for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.program, self.call, self.path)
    }
}

/// Runs a scenario once and notes the writing calls of the program and of the git processes, in this order.
pub fn record(scenario: &Scenario) -> Vec<Call> {
    let (calls, code) = record_in(&scenario.stage, &scenario.arguments);
    assert_eq!(code, Some(scenario.code), "{}: it is recorded", scenario.name);
    calls
}

/// As [`record`], for any command; gives its exit status as well.
pub fn record_in(stage: &Lab, arguments: &[&str]) -> (Vec<Call>, Option<i32>) {
    let lab = stage.copy();
    let wrapper = Wrapper::recording(&lab);
    let traces = lab.directory().join("traces");
    fs::create_dir(&traces).unwrap();
    let mut command = lab.command("strace");
    wrapper.put_into(&mut command);
    // A file for each process and thread, since `when=` counts in each of them.
    command.args(["-ff", "-y", "-s", "4096", "-o"]).arg(traces.join("of"));
    command.args(["-e", &format!("trace=execve,{}", strace::WRITING)]);
    command.arg(program()).args(arguments);
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();

    let mut files: Vec<PathBuf> = fs::read_dir(&traces)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let (mut own, mut of_git) = (Vec::new(), Vec::new());
    for file in files {
        let id = file.extension().unwrap().to_string_lossy().into_owned();
        let text = String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned();
        let first = text.lines().find_map(strace::line).filter(|line| line.call == "execve");
        let is_ours = first
            .as_ref()
            .is_some_and(|line| line.arguments.contains(&*program().to_string_lossy()));
        if let Some(number) = wrapper.number(&id) {
            of_git.extend(of_process(&text, Process::Git(number), lab.directory()));
        } else if is_ours || first.is_none() {
            // The thread that does the work, which need not be the first one.
            let calls = of_process(&text, Process::Qgroget, lab.directory());
            if calls.len() > own.len() {
                own = calls;
            }
        }
    }
    assert!(!own.is_empty(), "{arguments:?}: the program was not seen to write");
    own.append(&mut of_git);
    (own, status.code())
}

/// The writing calls of a process on what is in the lab.
fn of_process(trace: &str, process: Process, lab: &Path) -> Vec<Call> {
    let mut counts = BTreeMap::new();
    let mut calls = Vec::new();
    // A thread runs what its process does.
    let mut program = "qgroget".to_owned();
    for line in trace.lines().filter_map(strace::line) {
        if line.call == "execve" {
            if line.result == "0" {
                program = strace::program(line.arguments);
                counts.clear();
                calls.clear();
            }
            continue;
        }
        let paths = line.paths();
        let named = named(&line, &paths, process, lab);
        let number = |counts: &mut BTreeMap<_, usize>, key| {
            let count = counts.entry(key).or_insert(0);
            *count += 1;
            *count
        };
        let mut nth = number(&mut counts, (line.call.to_owned(), None));
        if named.is_some() {
            nth = number(&mut counts, (line.call.to_owned(), named.clone()));
        }
        if let (true, Some(path)) = (line.writes(), site_path(&paths, lab)) {
            let previous = calls.last().map(|last: &Call| {
                let previous = None;
                Box::new(Call {
                    previous,
                    ..last.clone()
                })
            });
            calls.push(Call {
                process,
                nth,
                named,
                previous,
                site: Site {
                    program: program.clone(),
                    call: line.call.to_owned(),
                    path,
                },
            });
        }
    }
    calls
}

/// The path in the lab by which a file that is opened can be known.
fn named(line: &strace::Line<'_>, paths: &[String], process: Process, lab: &Path) -> Option<String> {
    let opens = process == Process::Qgroget && OPENING.contains(&line.call);
    let path = Path::new(paths.first().filter(|_| opens)?).strip_prefix(lab).ok()?;
    let unique = path
        .components()
        .any(|part| unique_part(&part.as_os_str().to_string_lossy()).is_some());
    (!unique).then(|| path.to_string_lossy().into_owned())
}

/// The site's path, or `None` if it is not in the lab, or is not what a person or git has.
pub fn site_path(paths: &[String], lab: &Path) -> Option<String> {
    let inside = |path: &String| {
        let path = Path::new(path).strip_prefix(lab).ok()?;
        let own = ["outside", "bin", "traces", "spawned"]
            .iter()
            .any(|own| path.starts_with(own));
        (!own).then(|| {
            path.components()
                .map(|part| normal(&part.as_os_str().to_string_lossy()))
                .collect::<Vec<_>>()
        })
    };
    let paths: Vec<String> = paths.iter().filter_map(inside).map(|parts| parts.join("/")).collect();
    (!paths.is_empty()).then(|| paths.join(" -> "))
}

/// Where a name goes on that is made up anew each time.
fn unique_part(name: &str) -> Option<usize> {
    let marks = ["tmp", "streamed_git2_", "qgroget-"];
    let ends = marks
        .iter()
        .filter_map(|mark| name.find(mark).map(|at| at + mark.len()));
    ends.filter(|end| *end < name.len()).min()
}

/// A name without numbers, hashes and what makes temporary names unique.
fn normal(name: &str) -> String {
    if let Some(at) = unique_part(name) {
        return format!("{}#", &name[..at]);
    }
    let hash = name.len() >= 2 && name.bytes().all(|b| b.is_ascii_hexdigit()) && (name.len() == 2 || name.len() >= 7);
    if hash {
        return "#".to_owned();
    }
    let mut text = String::new();
    for letter in name.chars() {
        match letter.is_ascii_digit() {
            true if text.ends_with('#') => {}
            true => text.push('#'),
            false => text.push(letter),
        }
    }
    text
}
