//! Modules as people and their tools write them, and as nobody should: a generator of Nix that knows what the planner reads.

use super::choices::Choices;

/// The services that modules declare.
pub const SERVICES: [&str; 3] = ["alpha", "beta", "gamma-2"];

/// A module that declares services.
pub fn module(choices: &mut Choices) -> String {
    let mut writer = Writer {
        text: String::new(),
        depth: 0,
        service: SERVICES[choices.below(SERVICES.len())],
        choices,
    };
    writer.module();
    let text = writer.text;
    match choices.below(12) {
        11 => text.replace('\n', "\r\n"),
        10 => text.replacen('\n', "\r\n", 3),
        9 => text.replace("  ", "\t"),
        8 => text.trim_end().to_owned(),
        _ => text,
    }
}

struct Writer<'c, 'b> {
    text: String,
    depth: usize,
    service: &'static str,
    choices: &'c mut Choices<'b>,
}

impl Writer<'_, '_> {
    fn put(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// What stands between tokens.
    fn white(&mut self) {
        let white = self.choices.pick(&[
            " ",
            " ",
            " ",
            " ",
            "\n    ",
            "  ",
            "\n\n",
            " # beside\n",
            " /* between */ ",
            "\t",
            "\n# above\n  ",
            "/**/",
        ]);
        // Without white space, words would become one.
        match white {
            "/**/" => self.put(" /**/ "),
            white => self.put(white),
        }
    }

    fn line(&mut self) {
        let indent = "  ".repeat(self.depth + 1);
        let begin = self.choices.pick(&[
            "",
            "",
            "",
            "",
            "\n",
            "# of the next\n",
            "\n# of nothing\n\n",
            "/* block\n   of two */\n",
            " ",
            "    ",
        ]);
        for part in begin.split_inclusive('\n') {
            self.put(&indent);
            self.put(part);
        }
        if begin.is_empty() || !begin.contains('\n') {
            if begin.is_empty() {
                self.put(&indent);
            }
        } else {
            self.put(&indent);
        }
    }

    fn module(&mut self) {
        let head = self.choices.pick(&[
            "{\n  config,\n  lib,\n  ...\n}: ",
            "{config, lib, ...}: ",
            "{...}: ",
            "{ config, lib, pkgs, ... } @ args: ",
            "args@{config, lib, ...}: ",
            "",
            "{config, lib, ...}: with lib; ",
            "{\n  # what is asked for\n  config,\n  lib ? null,\n  ...\n}:\n",
            "{config, lib, ...}: assert true; ",
        ]);
        self.put(head);
        match self.choices.below(4) {
            1 | 2 => {
                let service = self.service;
                self.put(&format!("let\n  cfg = config.qgroget.server.{service};\n"));
                while self.choices.is_left() && self.choices.one_in(2) {
                    self.line();
                    let binding = self.choices.pick(&[
                        "dataDir = \"/var/lib/alpha\";\n",
                        "port = 8080;\n",
                        "inherit (lib) mkIf mkMerge;\n",
                        "url = \"http://127.0.0.1:${toString port}\";\n",
                        "dirs = [\"/a\" dataDir];\n",
                        "name = \"alpha\"; port = 1;\n",
                        "f = x: {path = x;};\n",
                        "rec1 = rec2; rec2 = rec1;\n",
                    ]);
                    self.put(binding);
                }
                self.put("in ");
            }
            3 => self.put("let in\n"),
            _ => {}
        }
        match self.choices.below(8) {
            6 => {
                self.put("lib.mkMerge [");
                self.body();
                self.white();
                self.body();
                self.put("]");
            }
            7 => {
                self.put("(");
                self.body();
                self.put(")");
            }
            _ => self.body(),
        }
        self.put("\n");
    }

    fn body(&mut self) {
        self.put("{\n");
        if self.choices.one_in(3) {
            let service = self.service;
            self.line();
            self.put(&format!(
                "imports = [{}];\n",
                if self.depth == 0 { "./x.nix ../y # z\n" } else { "" }
            ));
            self.line();
            self.put(&format!("options.qgroget.server.{service} = {{\n    enable = lib.mkEnableOption \"it\";\n    port = lib.mkOption {{\n      type = lib.types.port;\n      default = 8080;\n    }};\n  }};\n"));
        }
        match self.choices.below(5) {
            1 => {
                self.line();
                let value = self.choices.pick(&[
                    "config = ",
                    "config =\n    ",
                    "config = lib.mkIf cfg.enable ",
                    "config = lib.mkIf (cfg.enable && true) ",
                    "config = if cfg.enable then {} else ",
                ]);
                self.put(value);
                self.nested();
                self.put(";\n");
            }
            2 => {
                self.line();
                self.put("config = lib.mkMerge [\n");
                loop {
                    self.line();
                    if self.choices.one_in(2) {
                        self.put("(lib.mkIf cfg.enable ");
                        self.nested();
                        self.put(")\n");
                    } else {
                        self.nested();
                        self.put("\n");
                    }
                    if !self.choices.is_left() || self.choices.below(2) == 0 {
                        break;
                    }
                }
                self.put("  ];\n");
            }
            3 => {
                self.line();
                self.put("config = let x = 1; in ");
                self.nested();
                self.put(";\n");
            }
            _ => self.definitions(),
        }
        self.put("}");
    }

    fn nested(&mut self) {
        self.depth += 1;
        let open = self.choices.pick(&["{\n", "{\n", "{ # opens\n", "rec {\n", "{"]);
        self.put(open);
        self.definitions();
        self.put(&"  ".repeat(self.depth));
        self.put("}");
        self.depth -= 1;
    }

    fn definitions(&mut self) {
        self.services();
        while self.choices.is_left() && self.choices.below(3) != 0 {
            self.line();
            self.definition();
            let end = self.choices.pick(&["\n", "\n", "\n", " # behind\n", "", " "]);
            self.put(end);
        }
        if self.choices.one_in(6) {
            self.line();
            self.put("# at the end\n");
        }
    }

    fn name(&mut self) -> String {
        let service = self.service;
        match self.choices.below(10) {
            7 => format!("\"{service}\""),
            8 => SERVICES[self.choices.below(3)].to_owned(),
            9 => self
                .choices
                .pick(&["\"odd.name\"", "\"\u{202e}x\"", "${x}", "\"a/b\"", "\"\"", "\"${x}\""])
                .to_owned(),
            _ => service.to_owned(),
        }
    }

    fn services(&mut self) {
        let name = self.name();
        self.line();
        match self.choices.below(7) {
            1 => {
                self.put("qgroget.services = {\n");
                self.line();
                self.put(&format!("{name} = "));
                self.fields(false);
                self.put(";\n");
                while self.choices.is_left() && self.choices.one_in(3) {
                    let other = self.name();
                    self.line();
                    self.put(&format!("{other} = "));
                    self.fields(false);
                    self.put(";\n");
                }
                self.put("};");
            }
            2 => {
                self.put(&format!("qgroget.services.{name}.url = \"http://127.0.0.1:8080\";\n"));
                self.line();
                self.put(&format!("qgroget.services.{name}"));
                self.white();
                self.put("= ");
                self.fields(false);
                self.put(";");
            }
            3 => {
                self.put("qgroget = {\n");
                self.line();
                self.put(&format!("services.{name} = "));
                self.fields(false);
                self.put(";\n");
                self.line();
                self.put("backups = {\n");
                self.line();
                self.job();
                self.put("\n};};");
            }
            4 => {
                self.put(&format!("qgroget.services.{name} = lib.mkIf true "));
                self.fields(false);
                self.put(";");
            }
            5 => {
                self.put(&format!("qgroget.services.{name} = lib.mkMerge ["));
                self.fields(false);
                self.white();
                self.fields(false);
                self.put("];");
            }
            _ => {
                self.put(&format!("qgroget.services.{name}"));
                self.white();
                self.put("=");
                self.white();
                self.fields(false);
                self.put(";");
            }
        }
        self.put("\n");
    }

    fn fields(&mut self, is_job: bool) {
        self.depth += 1;
        let open = self.choices.pick(&["{\n", "{\n", "{\n", "{ # opens\n", "{", "rec {\n"]);
        self.put(open);
        if !is_job && self.choices.below(6) != 5 {
            self.line();
            self.put("url = \"http://127.0.0.1:8080\";\n");
        }
        while self.choices.is_left() && self.choices.below(5) != 4 {
            self.line();
            let field = match is_job {
                true => self.choices.pick(&[
                    "paths",
                    "systemdUnits",
                    "exclude",
                    "preBackup",
                    "postBackup",
                    "priority",
                    "requireNetwork",
                    "paths.x",
                    "pruneOpts",
                ]),
                false => self.choices.pick(&[
                    "persistedData",
                    "name",
                    "type",
                    "middlewares",
                    "journalctl",
                    "unitName",
                    "logPath",
                    "backupDirectories",
                    "traefikDynamicConfig",
                    "traefikDynamicConfig.http.middlewares.x",
                    "url",
                    "\"name\"",
                    "icon",
                ]),
            };
            self.put(field);
            self.white();
            self.put("=");
            self.white();
            match field {
                "persistedData" | "backupDirectories" | "paths" | "systemdUnits" | "exclude" | "middlewares" => {
                    self.list(0)
                }
                "traefikDynamicConfig" => self.set(0),
                _ => self.value(0),
            }
            self.put(";");
            let end = self
                .choices
                .pick(&["\n", "\n", "\n", " # behind\n", " ", " /* behind */\n"]);
            self.put(end);
        }
        if self.choices.one_in(8) {
            self.line();
            self.put("inherit (cfg) type;\n");
        }
        self.put("}");
        self.depth -= 1;
    }

    fn job(&mut self) {
        let name = match self.choices.below(3) {
            2 => "shared".to_owned(),
            _ => self.name(),
        };
        self.put(&format!("{name} = "));
        self.fields(true);
        self.put(";");
    }

    fn definition(&mut self) {
        let service = self.service;
        match self.choices.below(11) {
            0 => {
                self.put(&format!("services.{service} = "));
                self.set(0);
                self.put(";");
            }
            1 => {
                self.put("qgroget.backups.");
                self.job();
            }
            2 => {
                self.put("environment.persistence.\"/persist\".directories = ");
                self.list(0);
                self.put(";");
            }
            3 => {
                self.put(&format!("systemd.services.{service}.serviceConfig = "));
                self.set(0);
                self.put(";");
            }
            4 => {
                self.put(&format!("virtualisation.quadlet.containers.{service} = "));
                self.set(0);
                self.put(";");
            }
            5 => self.put(&format!("sops.secrets.\"server/{service}/env\" = {{}};")),
            6 => self.put("systemd.tmpfiles.rules = [\"d /var/lib/alpha 0750 root root -\"];"),
            7 => self.put(&format!("qgroget.server.{service}.enable = true;")),
            8 => {
                self.put(&format!("services.postgresql = {{ensureDatabases = [\"{service}\"]; ensureUsers = [{{name = \"{service}\";}}];}};"));
            }
            9 => self.services(),
            _ => {
                let name = self.choices.pick(&[
                    "users.users.alpha",
                    "a.b.c",
                    "\"q\".r",
                    "x",
                    "networking.firewall.allowedTCPPorts",
                ]);
                self.put(name);
                self.put(" = ");
                self.value(0);
                self.put(";");
            }
        }
    }

    fn list(&mut self, depth: usize) {
        match self.choices.below(9) {
            6 if depth < 3 => {
                self.list(depth + 1);
                self.put(" ++ ");
                return self.list(depth + 1);
            }
            7 => return self.put("(map (x: \"/x/${x}\") [\"a\" \"b\"])"),
            8 => return self.put("dirs"),
            _ => {}
        }
        self.put("[");
        while self.choices.is_left() && self.choices.below(3) != 0 {
            self.white();
            match self.choices.below(7) {
                5 => self.put("{directory = \"/var/lib/alpha\"; user = \"alpha\"; mode = \"0700\";}"),
                6 => self.value(depth + 2),
                4 => self.put("# \"/commented/out\"\n"),
                _ => self.string(depth),
            }
        }
        self.white();
        self.put("]");
    }

    fn set(&mut self, depth: usize) {
        let open = self.choices.pick(&["{", "{\n", "{ # opens\n", "rec {"]);
        self.put(open);
        while depth < 4 && self.choices.is_left() && self.choices.below(3) != 0 {
            self.line();
            let name = self.choices.pick(&[
                "enable",
                "port",
                "dataDir",
                "http.middlewares.m.headers",
                "image",
                "volumes",
                "environment",
                "\"a b\"",
                "database.host",
                "a.\"b\".c",
            ]);
            self.put(name);
            self.white();
            self.put("=");
            self.white();
            match name {
                "volumes" => self.list(depth + 1),
                "environment" | "http.middlewares.m.headers" => self.set(depth + 1),
                _ => self.value(depth + 1),
            }
            self.put(";\n");
        }
        self.put("}");
    }

    fn string(&mut self, depth: usize) {
        match self.choices.below(12) {
            0 | 1 => self.put("\"/var/lib/alpha\""),
            2 => self.put("\"alpha.service\""),
            3 => self.put("\"${dataDir}/x\""),
            4 => self.put("\"${cfg.dataDir}\""),
            5 => self.put("''\n      one\n        two\n    ''"),
            6 => self.put("''\n   ${if a\n  then \"b\" else ''c''}\n \n ''"),
            7 => self.put("''one\n   two ''${x} ''\\n '''''"),
            8 => self.put("\"two\n  lines \\\" \\${x} $${y}\""),
            9 => self.put("\"\u{1b}[31m\u{202e}\u{9b}\u{200b}\""),
            10 if depth < 3 => {
                self.put("\"a${");
                self.value(depth + 2);
                self.put("}b\"");
            }
            _ => self.put("\"\""),
        }
    }

    fn value(&mut self, depth: usize) {
        let kind = self.choices.below(if depth < 4 { 24 } else { 10 });
        match kind {
            0 => self.put("true"),
            1 => self.put("8080"),
            2 => self.put("cfg.port"),
            3 => self.put("config.services.alpha.port"),
            4 => self.put("null"),
            5 => self.put("./x.nix"),
            6 => self.put("\"public\""),
            7 => self.put("-1"),
            8 => self.put("<nixpkgs/lib>"),
            9 | 10 => self.string(depth),
            11 => self.list(depth + 1),
            12 => self.set(depth + 1),
            13 => {
                self.put("lib.mkForce (");
                self.value(depth + 1);
                self.put(")");
            }
            14 => {
                self.put("if cfg.enable then ");
                self.value(depth + 1);
                self.put(" else ");
                self.value(depth + 1);
            }
            15 => {
                self.put("let y = ");
                self.value(depth + 1);
                self.put("; in y");
            }
            16 => {
                self.set(depth + 1);
                self.put(" // ");
                self.set(depth + 1);
            }
            17 => {
                self.put("(");
                self.value(depth + 1);
                self.white();
                self.put("+ ");
                self.value(depth + 1);
                self.put(")");
            }
            18 => self.put("toString cfg.port"),
            19 => {
                self.put("lib.mkIf (cfg.x or false) ");
                self.put("(");
                self.value(depth + 1);
                self.put(")");
            }
            20 => {
                self.put("with lib; ");
                self.value(depth + 1);
            }
            21 => {
                self.put("x: ");
                self.value(depth + 1);
            }
            22 => {
                self.put("lib.mkMerge [");
                self.value(4);
                self.put("]");
            }
            _ => self.put("https://example.org/a?b=c"),
        }
    }
}
