"""sbom.py EPOCH COMMIT: prints the software bill of materials of the program, CycloneDX 1.5.

It names what is linked: the crates that `cargo tree` says are compiled into the program, what a build script embeds, and the
libraries in C and the standard library, which no list of crates has. cargo-cyclonedx reads `cargo metadata` instead, which counts
crates of optional features that nobody turned on, and macros, of which nothing is left in the program.
"""

import datetime
import glob
import json
import os
import re
import subprocess
import sys
import tomllib
import uuid
from pathlib import Path

ROOT = Path(__file__).parents[2]
TARGETS = ("x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu")
# A build script of ours embeds what this crate holds.
EMBEDDED = "utoipa-swagger-ui-vendored"


def cargo(*arguments):
    return subprocess.run(["cargo", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def linked():
    """Names and versions of the crates in the program."""
    every = [option for target in TARGETS for option in ("--target", target)]
    lines = cargo("tree", "--locked", "--prefix", "none", "--format", "{p}", "--package", "partbook",
                  "--edges", "normal,no-proc-macro", *every)
    lines += cargo("tree", "--locked", "--prefix", "none", "--format", "{p}", "--package", EMBEDDED, "--edges", "all")
    return {tuple(line.split()[:2]) for line in lines.splitlines() if line.strip()}


def checksums():
    packages = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    return {(one["name"], one["version"]): one["checksum"] for one in packages if "checksum" in one}


def component(package, sums):
    name, version = package["name"], package["version"]
    found = {"type": "library", "bom-ref": f"pkg:cargo/{name}@{version}", "name": name, "version": version,
             "purl": f"pkg:cargo/{name}@{version}"}
    if package["license"]:
        # The deprecated way to write a choice.
        found["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    if sum_ := sums.get((name, version)):
        found["hashes"] = [{"alg": "SHA-256", "content": sum_}]
    if package["repository"]:
        found["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
    return found


def sources(package):
    return Path(package["manifest_path"]).parent


def others(packages):
    """What is in the program and is no crate, with the crate that brought it."""
    sqlite = packages["libsqlite3-sys"]
    header = (sources(sqlite) / "sqlite3/sqlite3.h").read_text()
    number = re.search(r'^#define SQLITE_VERSION\s+"([\d.]+)"', header, re.MULTILINE)[1]
    yield sqlite, {"type": "library", "name": "sqlite", "version": number, "purl": f"pkg:generic/sqlite@{number}",
                   "cpe": f"cpe:2.3:a:sqlite:sqlite:{number}:*:*:*:*:*:*:*", "licenses": [{"license": {"id": "blessing"}}]}
    page = packages[EMBEDDED]
    [archive] = glob.glob(str(sources(page) / "res/v*.zip"))
    number = Path(archive).stem.removeprefix("v")
    yield page, {"type": "library", "name": "swagger-ui", "version": number, "purl": f"pkg:npm/swagger-ui@{number}",
                 "licenses": [{"license": {"id": "Apache-2.0"}}]}
    number = tomllib.loads((ROOT / "rust-toolchain.toml").read_text())["toolchain"]["channel"]
    yield packages["partbook"], {"type": "library", "name": "rust-std", "version": number, "purl": f"pkg:generic/rust-std@{number}",
                                 "cpe": f"cpe:2.3:a:rust-lang:rust:{number}:*:*:*:*:*:*:*",
                                 "licenses": [{"expression": "MIT OR Apache-2.0"}]}


def main(epoch, commit):
    metadata = json.loads(cargo("metadata", "--locked", "--format-version", "1"))
    wanted = linked()
    packages = {one["id"]: one for one in metadata["packages"] if (one["name"], "v" + one["version"]) in wanted}
    missing = wanted - {(one["name"], "v" + one["version"]) for one in packages.values()}
    if missing:
        sys.exit(f"tools/release/sbom.py: cargo metadata does not know {sorted(missing)}")
    sums = checksums()
    components = {key: component(one, sums) for key, one in packages.items()}
    edges = {one["bom-ref"]: set() for one in components.values()}
    for node in metadata["resolve"]["nodes"]:
        if node["id"] in components:
            edges[components[node["id"]]["bom-ref"]] |= {
                components[one["pkg"]]["bom-ref"] for one in node["deps"]
                if one["pkg"] in components and any(kind["kind"] is None for kind in one["dep_kinds"])}
    [(key, program)] = [(key, one) for key, one in components.items() if one["name"] == "partbook"]
    program |= {"type": "application", "properties": [{"name": "partbook:commit", "value": commit}]}
    listed = [one for one in components.values() if one is not program]
    for owner, other in others({one["name"]: one for one in packages.values()}):
        other["bom-ref"] = other["purl"]
        edges[other["purl"]] = set()
        edges[components[owner["id"]]["bom-ref"]].add(other["purl"])
        listed.append(other)
    # Its build script embeds it, so no edge of those above leads there.
    http = next(one["bom-ref"] for one in listed if one["name"] == "partbook-http")
    edges[http].add(next(one["bom-ref"] for one in listed if one["name"] == EMBEDDED))
    time = datetime.datetime.fromtimestamp(int(epoch), datetime.timezone.utc)
    bom = {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, f"{program['purl']}#{commit}").urn,
        "version": 1,
        "metadata": {"timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ"), "component": program},
        "components": sorted(listed, key=lambda one: (one["name"], one["version"])),
        "dependencies": [{"ref": ref, "dependsOn": sorted(edges[ref])} for ref in sorted(edges)],
    }
    json.dump(bom, sys.stdout, indent=1)
    print()


os.environ.pop("CARGO_BUILD_TARGET", None)
main(*sys.argv[1:])
