//! Codes about removing the legacy pattern.

use super::Code;

pub const CODES: &[Code] = &[
    Code {
        code: "legacy-left",
        title: "a service is declared in the legacy pattern still",
        means: "A module, imported or not, declares a service below the legacy option.",
        why: "Without the option that module would not evaluate any more.",
        before: "$ qgroget cleanup",
        after: "$ qgroget migrate git\n$ qgroget cleanup",
        next: "Migrate the services that are named, or take declarations out that nobody needs.",
    },
    Code {
        code: "unclear-reader",
        title: "what is read of the legacy services cannot be told",
        means: "The list of services goes somewhere that cannot be followed: to a function of another file, into another set, or out as a whole.",
        why: "A field that is read there could be missing from the collector's list, or mean something else.",
        before: "environment.etc.services.text = builtins.toJSON config.qgroget.services;",
        after: "environment.etc.services.text = builtins.toJSON (lib.mapAttrs (_: service: {inherit (service) url;}) config.qgroget.services);",
        next: "Read the fields by name in the same file.",
    },
    Code {
        code: "unknown-read",
        title: "a field is not the same in the collector's list",
        means: "A reader reads a field of a legacy service that the collector's list has not, or that the legacy option fills or changes by itself.",
        why: "The reader would see something else than before.",
        before: "icons = lib.mapAttrs (_: service: service.icon) config.qgroget.services;",
        after: "icons = lib.mapAttrs (_: service: service.extraConfig.icon) config.qgroget.serviceModules;",
        next: "Take the field out where it is read, or keep it in the contract's extraConfig and read it there.",
    },
    Code {
        code: "reader-elsewhere",
        title: "a host without the collector reads the legacy services",
        means: "A module that reads the services is imported by a host that does not import the collector.",
        why: "The list that takes the option's place exists only where the collector is.",
        before: "count = lib.length (lib.attrNames config.qgroget.services);",
        after: "count = lib.length (lib.attrNames (config.qgroget.services or {}));",
        next: "Read the server's list by its configuration, or say what holds where there is none.",
    },
    Code {
        code: "bridge-named",
        title: "something names the bridge's file",
        means: "A path leads to the bridge besides the imports of the server's modules.",
        why: "The file goes, and the path would lead nowhere.",
        before: "bridge = import ../../modules/server/legacy-bridge.nix;",
        after: "",
        next: "Take it out at the place that is shown.",
    },
    Code {
        code: "no-bridge",
        title: "nothing shows the contracts to the legacy readers",
        means: "The legacy services are read, and the bridge is not there.",
        why: "Today the readers see no service that has a contract; afterwards they would see all of them.",
        before: "$ qgroget cleanup",
        after: "$ qgroget init\n$ qgroget verify\n$ qgroget cleanup",
        next: "Install the bridge, look at what changes, then clean up.",
    },
];
