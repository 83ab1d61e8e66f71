#!/usr/bin/env python3
"""Checks the virtual machine tests as far as that goes without a virtual machine.

Each is put where it stands in a repository, evaluated with a stand-in for the test framework (stub.nix), and its
script is compiled. This finds unsound Nix and Python; the tests themselves were not run, which needs KVM.
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

VM = pathlib.Path(__file__).resolve().parent
CONTRACT = VM.parent.parent

# A service of each kind that the library has a branch for.
SERVICES = {
    "kept": ("port = 8001; exposed = true; persistedData = [\"/var/lib/kept\" {directory = \"/var/cache/kept\"; user = \"kept\";}];", True),
    "bare": ("persistedData = [];", True),
    "plain": ("port = 8002; persistedData = [\"/var/lib/plain\"];", False),
    "shared": ("port = 8003;", False),
}
# What a service's module has besides: a neighbour that is on as well, and that names what is in no machine of a test.
BESIDES = {
    "shared": 'qgroget.serviceModules.neighbour = {enable = true; domain = "example.org"; dataDir = null; port = 8004; exposed = true; middlewares = ["admins"]; dependsOn = ["elsewhere"];};',
}
WANTED = {
    "kept": ["for unit in [\"kept.service\"]", "wait_for_open_port(8001)", "https://kept.example.org", "wait_until_succeeds", "/var/cache/kept", "server.shutdown()", "-p crit"],
    "bare": ["for unit in [\"bare.service\"]", "server.wait_for_unit(unit)"],
    "shared": ["wait_for_open_port(8003)"],
    "plain": ["wait_for_open_port(8002)"],
    "routing": ["open@file", "/api/http/routers"],
    "auth": ["sudo -u notes psql notes", "api/firstfactor"],
}
UNWANTED = {
    "bare": ["wait_for_open_port", "https://", "server.shutdown()"],
    "plain": ["https://", "server.shutdown()"],
}


def lay_out(repository):
    server = repository / "modules" / "server"
    server.mkdir(parents=True)
    for name in ("options.nix", "collector.nix"):
        shutil.copy(CONTRACT / name, server)
    integration = repository / "tests" / "integration"
    integration.mkdir(parents=True)
    (repository / "tests" / "lib").mkdir()
    shutil.copy(VM.parent / "lib" / "service-test.nix", repository / "tests" / "lib")
    tests = {}
    for name in ("auth", "routing"):
        shutil.copy(VM / f"{name}.nix", integration)
        tests[name] = (integration / f"{name}.nix", "{}")
    for name, (fields, impermanence) in SERVICES.items():
        (server / f"{name}.nix").write_text(
            f'{{config, lib, ...}}: {{qgroget.serviceModules.{name} = {{domain = "example.org"; dataDir = null; {fields}}}; '
            f'sops.secrets."server/{name}/password" = {{}}; systemd.services.{name}.script = config.sops.secrets."server/{name}/password".path; {BESIDES.get(name, "")}}}'
        )
        directory = repository / "tests" / name
        directory.mkdir()
        (directory / "default.nix").write_text(
            f'args: import ../lib/service-test.nix (args // {{service = "{name}"; modules = [../../modules/server/{name}.nix]; units = ["{name}.service"];}})'
        )
        inputs = "{inputs.impermanence.nixosModules.impermanence = {};}" if impermanence else "{}"
        tests[name] = (directory / "default.nix", inputs)
    return tests


def check(name, path, arguments):
    run = subprocess.run(
        ["nix-instantiate", "--eval", "--strict", "--json", "--expr", f"import {VM}/stub.nix {{test = {path}; arguments = {arguments};}}"],
        capture_output=True, text=True,
    )
    if run.returncode:
        return f"does not evaluate: {run.stderr.strip()}"
    result = json.loads(run.stdout)
    if any(result["failures"].values()):
        return f"its contracts have faults: {result['failures']}"
    try:
        compile(result["script"], f"{name}.py", "exec")
    except SyntaxError as error:
        return f"its script does not compile: {error}\n{result['script']}"
    missing = [text for text in WANTED[name] if text not in result["script"]]
    surplus = [text for text in UNWANTED.get(name, []) if text in result["script"]]
    return f"its script lacks {missing}, has {surplus}" if missing or surplus else None


def main():
    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        for name, (path, arguments) in lay_out(pathlib.Path(scratch)).items():
            wrong = check(name, path, arguments)
            failed += wrong is not None
            print(f"{name:8} {wrong or 'evaluates, its script compiles'}")
    return 1 if failed else 0


sys.exit(main())
