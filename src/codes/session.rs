//! Codes about the conversation: deciding what is taken, asking what a code means.

use super::Code;

pub const CODES: &[Code] = &[
    Code {
        code: "not-interactive",
        title: "there is nobody to ask",
        means: "Standard input or output is no terminal, and no flag says what to answer.",
        why: "Nothing is written without a yes, and no answer is made up.",
        before: "$ qgroget migrate jellyfin < /dev/null",
        after: "$ qgroget migrate jellyfin --yes < /dev/null",
        next: "--dry-run shows the plan; --yes takes what leaves the configuration as it is, --accept-gains also what it gains.",
    },
    Code {
        code: "stopped-by-signal",
        title: "a signal stopped the run",
        means: "Ctrl-C, SIGTERM or SIGHUP (a closed terminal) came before anything was written of what the message names.",
        why: "A proof that was called off proves nothing, and without it nothing is written; the evaluations end, and the scratch copies go. What was committed before stays. The process ends by the same signal once it has cleaned up: a shell sees the status 128 + its number (130 for Ctrl-C).",
        before: "",
        after: "",
        next: "Run it again: it goes on from what is committed.",
    },
    Code {
        code: "editor-failed",
        title: "the editor did not do its work",
        means: "The editor could not be started, or ended with an error.",
        why: "What an editor left behind after an error is not taken for what you wanted.",
        before: "$ EDITOR=false qgroget migrate jellyfin",
        after: "$ EDITOR=vim qgroget migrate jellyfin",
        next: "Set GIT_EDITOR, git's core.editor, VISUAL or EDITOR to an editor that runs in this terminal.",
    },
    Code {
        code: "edited-not-utf8",
        title: "the edited text is no text",
        means: "The editor saved bytes that are not UTF-8.",
        why: "Nix files are UTF-8, and the file would not be read again.",
        before: "",
        after: "",
        next: "Save it as UTF-8.",
    },
    Code {
        code: "unknown-code",
        title: "there is no code of that name",
        means: "`qgroget explain` was asked for a code that no message carries.",
        why: "Codes stand in brackets behind `error`, and in the last line of a message.",
        before: "$ qgroget explain port-conflit",
        after: "$ qgroget explain port-conflict",
        next: "Without an argument, `qgroget explain` lists all of them.",
    },
    Code {
        code: "unknown-command",
        title: "there is no command of that name",
        means: "`qgroget man` was asked for the page of a command that there is not.",
        why: "Each command has a page of its own; those of `contract` are named with both words.",
        before: "$ qgroget man contract-add",
        after: "$ qgroget man contract add",
        next: "`qgroget --help` lists the commands.",
    },
];
