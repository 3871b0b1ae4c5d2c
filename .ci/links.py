#!/usr/bin/env python3
"""Checks the relative links of README.md and docs/: the file exists, and so does the heading of an anchor.

Prints `path:line: reason` for each broken link, and exits with 1 if there is any. Uses no network.
"""

import functools
import re
import sys
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^\s*(```|~~~)")
CODE = re.compile(r"`[^`]*`")
LINK = re.compile(r"\]\(\s*<?([^()\s<>]*(?:\([^()\s]*\)[^()\s<>]*)*)>?(?:\s+\"[^\"]*\")?\s*\)")
TEXT_OF_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


def prose(path):
    """The lines of a Markdown file with their numbers, without those of code blocks."""
    in_code = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if FENCE.match(line):
            in_code = not in_code
        elif not in_code:
            yield number, line


def slug(heading):
    """The anchor that GitHub makes of a heading."""
    text = TEXT_OF_LINK.sub(r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


@functools.cache
def anchors(path):
    """The anchors of a Markdown file; equal headings get numbers."""
    found, times = set(), {}
    for _, line in prose(path):
        heading = re.match(r"#{1,6}\s+(.*?)\s*#*$", line)
        if heading:
            name = slug(heading.group(1))
            count = times.get(name, 0)
            found.add(f"{name}-{count}" if count else name)
            times[name] = count + 1
    return found


def fault(source, target):
    """Why a link of this file is broken; None if it is not, or leads out of the repository."""
    if re.match(r"[a-z][a-z0-9+.-]*:|//", target, re.IGNORECASE):
        return None
    name, _, anchor = target.partition("#")
    path = (source.parent / unquote(name)).resolve() if name else source
    if not path.is_relative_to(ROOT) or not path.exists():
        return f"no such file: {target}"
    if anchor and path.suffix == ".md" and unquote(anchor) not in anchors(path):
        return f"no such heading: {target}"
    return None


def main():
    faults = 0
    for source in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for number, line in prose(source):
            for target in LINK.findall(CODE.sub("``", line)):
                if reason := fault(source, target):
                    print(f"{source.relative_to(ROOT)}:{number}: {reason}")
                    faults += 1
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
