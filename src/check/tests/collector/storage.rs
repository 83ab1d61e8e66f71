//! Faults in what is persisted and backed up.

use super::{Case, case, with};
use crate::check::tests::{Homelab, REQUIRED};

pub fn cases() -> Vec<Case> {
    let new = Homelab::new;
    vec![
        case(
            "paths that are not absolute",
            new()
                .service(
                    "a",
                    "enable = true; domain = \"example.org\"; dataDir = \"a\"; backupDirectories = [\"e/f\" \"/g\"]; \
                     persistedData = [\"/b\" \"c\" {directory = \"d\"; mode = \"0700\"; user = null;}];",
                )
                .service("b", "enable = true; domain = \"example.org\"; dataDir = \"b\";"),
            &["wrong-form", "wrong-form", "wrong-form", "wrong-form"],
            &[],
        ),
        case(
            "a directory of another type",
            new().service("a", &with("persistedData = [5];")),
            &["wrong-type"],
            &[],
        ),
        case(
            "entries with whatever the module that persists takes",
            new().service("a", &with("persistedData = [{directory = \"/a\"; hideMount = true; parentDirectory.mode = \"0700\";}];")),
            &[],
            &[],
        ),
        case(
            "one directory with other attributes each time",
            new()
                .service("a", &with("persistedData = [{directory = \"/x\"; mode = \"0700\";} {directory = \"/y\"; mode = \"0700\";}];"))
                .service("b", &with("persistedData = [\"/z\" {directory = \"/x/\"; mode = \"0755\";} {directory = \"/y\"; mode = \"0700\"; user = null;}];"))
                .service("c", &with("persistedData = [\"/x\" {directory = \"/z\"; user = \"c\";}];")),
            &["persisted-twice"],
            &["Directory '/x' is persisted twice, with other attributes each time, by 'a' and 'b'\n  \
               Fix: qgroget.serviceModules.b.persistedData = [ \"/z\" { directory = \"/y\"; mode = \"0700\"; } ];"],
        ),
        case(
            "settings of a service that backs nothing up",
            new()
                .service("a", &with("backupUnits = [\"a.service\"]; backupPrepare = \"x\"; backupExclude = []; backupCleanup = null;"))
                .service("b", "enable = true; domain = \"example.org\"; dataDir = null; backupPaths = []; backupExclude = [\"x\"];")
                .service("c", &with("backupPaths = [\"/x\"]; backupUnits = [\"a.service\"];"))
                .service("d", REQUIRED),
            &["idle-backup", "idle-backup", "idle-backup"],
            &[],
        ),
    ]
}
