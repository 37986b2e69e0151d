"""CHANGELOG.md: its sections, and what they say of the API."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEADING = re.compile(r"^## \[([^\]]+)\](?: - (\d{4}-\d{2}-\d{2}))?\s*$")
# The form in which something removed or narrowed is named: - API: `PLACE KIND`: words
NARROWED = re.compile(r"^- API: `([^`]+)`", re.MULTILINE)


class Section:
    def __init__(self, version, date):
        self.version, self.date, self.lines = version, date, []

    @property
    def text(self):
        return "".join(self.lines).strip("\n") + "\n"


def sections(path=ROOT / "CHANGELOG.md"):
    """The sections, the newest first, as the file has them."""
    found = []
    for line in path.read_text().splitlines(keepends=True):
        if line.startswith("## "):
            heading = HEADING.match(line)
            if not heading:
                raise ValueError(f"{path.name}: {line.strip()!r} is neither '## [Unreleased]' nor '## [1.2.3] - 2026-11-28'")
            found.append(Section(*heading.groups()))
        elif found:
            found[-1].lines.append(line)
    return found


def since(every, version):
    """Those above the section of a version; all where it has none."""
    versions = [section.version for section in every]
    return every[: versions.index(version)] if version in versions else every


def narrowed(every):
    """What the sections say has been removed from the API or narrowed."""
    return [name for section in every for name in NARROWED.findall(section.text)]


def section(every, version):
    for one in every:
        if one.version == version:
            return one
    raise ValueError(f"CHANGELOG.md has no section of {version}")
