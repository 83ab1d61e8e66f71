//! An installed contract and its versions.

use super::Code;

pub(super) const CODES: &[Code] = &[
    Code {
        code: "contract-outdated",
        title: "the installed contract is of an older version",
        means: "The schema, the collector or the bridge was installed by an earlier qgroget; each file says its version in a line, and one \
             without such a line is older than that.",
        why: "What was repaired in the contract since is not there.",
        before: "# qgroget contract 1",
        after: "# qgroget contract 3",
        next: "Run `qgroget init`: it shows the upgrade, keeps what you have changed, proves it and commits it; `qgroget undo` takes it back.",
    },
    Code {
        code: "contract-off",
        title: "putting back what is missing of the contract changes the machine",
        means: "The schema, the collector, the bridge or an import of them is missing, and services have contracts already.",
        why: "What the missing part makes of the contracts, such as routes and backups, is not there now. It comes back with it, and what \
             the machine gains needs a yes of its own.",
        before: "$ qgroget init --yes",
        after: "$ qgroget init --yes --accept-gains",
        next: "`qgroget init --dry-run` shows what is put back; take it with --accept-gains, or on a terminal. Other changes go after it.",
    },
    Code {
        code: "contract-newer",
        title: "the installed contract is newer than this qgroget",
        means: "A file of the contract is of a version that this program does not have.",
        why: "It may have fields and rules that this program does not know.",
        before: "",
        after: "",
        next: "Use the qgroget that installed it, or a later one.",
    },
    Code {
        code: "contract-changed",
        title: "a file of the contract is not as it was installed",
        means: "The schema, the collector or the bridge is of this version, and lines of it are missing, changed or added. Fields that \
             `qgroget contract add` has added do not count.",
        why: "A check or an aggregate that is missing there is missing for every service. What you have changed on purpose stays: an upgrade \
             keeps it.",
        before: "",
        after: "",
        next: "If it was not meant, take the lines back from the commit that is named, or `git log -p` on the file.",
    },
    Code {
        code: "contract-incomplete",
        title: "something of the contract is missing",
        means: "The schema is there, and the collector, the bridge or an import of them is not.",
        why: "What the missing part does, such as the routes that legacy readers see, no service with a contract has.",
        before: "",
        after: "",
        next: "Run `qgroget init --dry-run`, which shows what is missing, and `qgroget init`, which puts it in.",
    },
    Code {
        code: "upgrade-conflict",
        title: "your change and the new version meet",
        means: "Lines of an installed file that you have changed are other ones in the new version of the contract.",
        why: "Which of the two is meant is not for a program to guess, and half an upgrade would be neither version.",
        before: "",
        after: "",
        next: "Put the new lines, which are shown, into the place that is named, commit, run `qgroget init`, and make your change anew on \
             top of them.",
    },
    Code {
        code: "contract-base-unknown",
        title: "what was installed is not in the history",
        means: "The commit by which qgroget installed the contract is not in this history as it was made: it was squashed, or the files were \
             copied.",
        why: "Without it your own changes cannot be told from what is older, so a file could only be replaced as a whole.",
        before: "",
        after: "",
        next: "Look at the difference with `qgroget init --dry-run --full`, and decide on a terminal with `qgroget init`; make your changes \
             again afterwards.",
    },
];
