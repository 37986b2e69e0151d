"""sections.py notes|check VERSION, or cut VERSION DATE: the section of a release in CHANGELOG.md."""

import datetime
import os
import re
import sys

import changelog

FILE = changelog.ROOT / "CHANGELOG.md"


def notes(every, version):
    """The section, with links that lead somewhere from outside the repository as well."""
    text = changelog.section(every, version).text.lstrip("\n")
    if repository := os.environ.get("GITHUB_REPOSITORY"):
        base = f"https://github.com/{repository}/blob/v{version}/"
        text = re.sub(r"\]\((?!\w+:|#)([^)]+)\)", lambda link: f"]({base}{link[1]})", text)
    return text


def faults(every, version):
    section = changelog.section(every, version)
    if section.date is None:
        yield f"the section of {version} has no date"
    elif datetime.date.fromisoformat(section.date) > datetime.date.today() + datetime.timedelta(days=1):
        yield f"the section of {version} is of {section.date}, which is to come"
    if not re.search(r"^- ", section.text, re.MULTILINE):
        yield f"the section of {version} says nothing"
    for other in changelog.since(every, version):
        if re.search(r"^- ", other.text, re.MULTILINE):
            yield f"the section of {other.version}, above that of {version}, says something that is not released"


def cut(every, version, date):
    datetime.date.fromisoformat(date)
    if any(one.version == version for one in every):
        raise ValueError(f"CHANGELOG.md has a section of {version} already")
    if not re.search(r"^- ", changelog.section(every, "Unreleased").text, re.MULTILINE):
        raise ValueError("nothing is in the section [Unreleased] of CHANGELOG.md")
    text = FILE.read_text()
    # The heading may have white space at its end, as `changelog` takes it.
    FILE.write_text(re.sub(r"^## \[Unreleased\][^\S\n]*\n", f"## [Unreleased]\n\n## [{version}] - {date}\n", text, count=1, flags=re.MULTILINE))


def main(command, version, *rest):
    every = changelog.sections()
    if command == "notes":
        print(notes(every, version), end="")
    elif command == "cut":
        cut(every, version, *rest)
    else:
        found = list(faults(every, version))
        print("\n".join(found))
        return 1 if found else 0
    return 0


try:
    sys.exit(main(*sys.argv[1:]))
except (OSError, ValueError) as fault:
    sys.exit(f"scripts/release: {fault}")
