#!/usr/bin/env python3
"""Makes a large tree of Nix files around one repository, to measure how fast it is read.

    benches/tree.py OUT [--repository DIR] [--files N] [--bytes N] [--layout wide|deep] [--mentions SHARE]

The repository (examples/homelab unless another is given) stands in OUT as it is, so that OUT is a repository with
one host. Below OUT/packages stand as many other Nix files as are asked for. Each is a list of expressions taken
from examples/homelab with the names of its options changed, so that it parses, looks like Nix that people write,
and has nothing to do with the services. With --mentions, that share of them mentions the services' option in a
comment: those are files which a byte search finds and nothing imports.

`wide` puts 100 files into a directory, `deep` one. The content depends on the arguments alone.
"""

import argparse
import pathlib
import random
import shutil

HOMELAB = pathlib.Path(__file__).resolve().parent.parent / "examples" / "homelab"


def expressions(homelab):
    """The homelab's files, without the names that the services are declared by."""
    texts = [path.read_text() for path in sorted(homelab.rglob("*.nix"))]
    return [text.replace("qgroget", "example") for text in texts]


def filler(pool, size, rng):
    """One file of about `size` bytes: a list of expressions."""
    parts, length = [], 0
    while not parts or length < size:
        part = rng.choice(pool)
        if parts and length + len(part) / 2 > size:
            break
        parts.append(part)
        length += len(part) + 4
    return "[\n" + "".join(f"({part.rstrip()}\n)\n" for part in parts) + "]\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--repository", type=pathlib.Path, default=HOMELAB)
    parser.add_argument("--files", type=int, default=50_000)
    parser.add_argument("--bytes", type=int, default=140_000_000)
    parser.add_argument("--layout", choices=["wide", "deep"], default="wide")
    parser.add_argument("--mentions", type=float, default=0.0)
    arguments = parser.parse_args()

    rng = random.Random(1)
    shutil.copytree(arguments.repository, arguments.out, ignore=shutil.ignore_patterns(".git"))
    own = list(arguments.out.rglob("*.nix"))
    left = arguments.files - len(own)
    size = (arguments.bytes - sum(path.stat().st_size for path in own)) / max(left, 1)
    pool = expressions(HOMELAB)
    variants = [filler(pool, size * rng.uniform(0.4, 1.6), rng) for _ in range(1000)]
    total = 0
    for number in range(left):
        group = arguments.out / "packages" / f"{number // 10_000:02}" / f"{number // 100:04}"
        folder = group if arguments.layout == "wide" else group / f"package-{number:05}"
        name = f"package-{number:05}.nix" if arguments.layout == "wide" else "default.nix"
        folder.mkdir(parents=True, exist_ok=True)
        head = f"# number {number}\n"
        if rng.random() < arguments.mentions:
            head += "# see qgroget.services\n"
        text = head + rng.choice(variants)
        total += len(text)
        (folder / name).write_text(text)
    print(f"{arguments.files} files, {total / 1e6:.0f} MB beside the repository")


if __name__ == "__main__":
    main()
