use std::process::Stdio;

use super::*;

const LIMITS: Limits = Limits {
    time: Duration::from_secs(60),
    output: 1 << 10,
    messages: 16,
};

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Reads the line in which a script names the process that it has started.
fn named(child: &mut Guarded) -> i32 {
    let mut line = String::new();
    let pipe = child.child().stdout.as_mut().expect("a pipe");
    io::BufRead::read_line(&mut io::BufReader::new(pipe), &mut line).expect("a line");
    line.trim().parse().expect("a process id")
}

/// Whether a process runs, after it had a moment to end.
fn runs(id: i32) -> bool {
    let mut family: Vec<Process> = Process::read(id).into_iter().collect();
    !wait_for(&mut family, &mut || false)
}

#[test]
fn what_a_child_prints_is_read_within_its_limits() {
    let child = Guarded::spawn(&mut shell("echo out; echo err >&2; exit 3"), Group::Own).unwrap();
    let output = child.output(LIMITS).unwrap();
    assert_eq!((&*output.stdout, &*output.stderr), (&b"out\n"[..], &b"err\n"[..]));
    assert_eq!(output.status.code(), Some(3));

    let much = Guarded::spawn(&mut shell("yes"), Group::Own).unwrap();
    assert!(matches!(much.output(LIMITS), Err(Failure::Output)));

    let chatty = Guarded::spawn(&mut shell("yes | head -c 100000 >&2"), Group::Own).unwrap();
    assert_eq!(chatty.output(LIMITS).unwrap().stderr.len(), 16);
}

#[test]
fn a_child_that_takes_too_long_is_ended_with_all_that_it_started() {
    let mut child = Guarded::spawn(&mut shell("sleep 1000 & echo $!; wait"), Group::Own).unwrap();
    let grandchild = named(&mut child);
    let limits = Limits {
        time: Duration::from_millis(1),
        ..LIMITS
    };
    assert!(matches!(child.output(limits), Err(Failure::Time)));
    assert!(!runs(grandchild));
}

#[test]
fn descendants_in_our_own_group_are_asked_to_end_and_then_killed() {
    // The one in between ends when it is asked; its child does not.
    let deaf = "sh -c 'trap \"\" TERM; echo $$; while :; do sleep 1000; done' & wait";
    let mut child = Guarded::spawn(&mut shell(deaf), Group::Shared).unwrap();
    let (id, grandchild) = (child.registered.pid.as_raw_pid(), named(&mut child));
    assert_ne!(id, grandchild);
    end(&[child.registered], false, &mut || false);
    assert!(!runs(grandchild));
    assert!(!child.wait().unwrap().success());
}

#[test]
fn a_child_that_nobody_waits_for_ends() {
    let mut child = Guarded::spawn(&mut shell("echo $$; sleep 1000"), Group::Shared).unwrap();
    let id = named(&mut child);
    drop(child);
    assert!(!runs(id));
    assert!(!children().iter().any(|c| c.pid.as_raw_pid() == id));
}

#[test]
fn what_was_waited_for_is_no_longer_ended() {
    let mut child = Guarded::spawn(&mut shell("exit 0"), Group::Shared).unwrap();
    assert!(child.wait().unwrap().success());
    // Its process id may be another's by now.
    assert!(!children().iter().any(|c| c.pid == child.registered.pid));
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_process_is_told_by_its_id_and_start() {
    let own = Process::read(std::process::id() as i32);
    let Some(own) = own else { return };
    assert!(!own.ended && own.start.is_some_and(|start| start > 0));
    assert_eq!(start_of(own.id), own.start);
    assert!(descendants(&[own.parent], &processes()).iter().any(|p| p.is(&own)));
    assert_eq!(start_of(i32::MAX), None);
}
