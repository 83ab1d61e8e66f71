//! The processes that run, as `/proc` has them.

/// A process as `/proc` has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) id: i32,
    pub(super) parent: i32,
    /// When it started, in clock ticks since the system did; `None` where the system does not say.
    pub(super) start: Option<u64>,
    /// Whether it has ended and was not waited for yet.
    pub(super) ended: bool,
}

impl Process {
    pub(super) fn is(&self, other: &Process) -> bool {
        self.id == other.id && self.start == other.start
    }

    /// Reads `/proc/<id>/stat`.
    pub(super) fn read(id: i32) -> Option<Process> {
        // A program's name may be of any bytes.
        let bytes = std::fs::read(format!("/proc/{id}/stat")).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        // Behind the name, which may contain anything: state, parent, …, and as the twentieth the time of its start.
        let mut fields = text[text.rfind(')')? + 1..].split_ascii_whitespace();
        let state = fields.next()?;
        Some(Process {
            id,
            parent: fields.next()?.parse().ok()?,
            start: Some(fields.nth(17)?.parse().ok()?),
            ended: matches!(state, "Z" | "X" | "x"),
        })
    }
}

/// When the process `id` started, in clock ticks since the system did; `None` if there is none, or no `/proc`.
pub(crate) fn start_of(id: i32) -> Option<u64> {
    Process::read(id).filter(|process| !process.ended)?.start
}

/// All processes; none where there is no `/proc`.
pub(super) fn processes() -> Vec<Process> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| Process::read(entry.file_name().to_str()?.parse().ok()?))
        .collect()
}

/// The processes `ids` with all that descend from them; without `/proc` these alone.
pub(super) fn descendants(ids: &[i32], all: &[Process]) -> Vec<Process> {
    if all.is_empty() {
        let alone = |&id| Process {
            id,
            parent: 0,
            start: None,
            ended: false,
        };
        return ids.iter().map(alone).collect();
    }
    let mut found: Vec<Process> = all.iter().filter(|p| ids.contains(&p.id)).cloned().collect();
    let mut next = 0;
    while next < found.len() {
        let parent = found[next].id;
        let born = all.iter().filter(|p| p.parent == parent);
        let new: Vec<Process> = born.filter(|p| !found.iter().any(|f| f.id == p.id)).cloned().collect();
        found.extend(new);
        next += 1;
    }
    found
}
