#!/usr/bin/env python3
"""Refuses phrases that read like a translation, and gives the plain alternative for each.

Checks the tracked *.md, *.rs, *.toml and *.sh files. Prints `path:line: "phrase": advice` for each, and exits with 1
if there is any. Write the terms of the field, one word for one thing, nouns for things, imperatives for help texts.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Phrase (regular expression), and what is wrong with it and what to write instead. Refused in every file.
EVERYWHERE = [
    (r"\bin some more\b(?! \w)", "calque; write `full description`"),
    (r"\bno customer of yours\b", "calque; write `an unknown customer`"),
    (r"\bnobody has heard of\b", "metaphor; write `unknown`"),
    (r"\bof its own making\b", "calque; write `its own`, `new`"),
    (r"\bthis is no order\b", "write `not an order`"),
    (r"\bsays? who bills\b", "private wording; write `seller details`"),
]

# Refused in finished texts.
FINISHED_ONLY = [
    (r"\b[Ww]hoever\b", "name the role: `the caller`, `a worker`"),
    (r"\b(is|are|be) told (of|about|by|that)\b", "who tells whom? write `is notified`, `is logged`, `the payload has`"),
    (r"\b[Ii]t (in a line|at length)\b", "a pronoun without a noun; write `short summary`, `full description`"),
    (r"\b[Ww]hom (it is|they are|it|they) ", "write the noun: `customer ID`"),
    (r"\b[Ww]here (it|they) stands?\b", "write `status`"),
    (r"\b[Hh]ow much (it|they) matters?\b", "write `priority`"),
    (r"\bshown this once\b", "write `shown only once`"),
    (r"\bas people call (it|them)\b", "write `common name`"),
    (r"\bspeaks for\b", "metaphor; write `belongs to`"),
    (r"\bis no (fault|address|order|success)\b", "write `is not a …`"),
    (r"\blets? go of\b", "metaphor; write `releases`"),
    (r"\bonly plays?\b", "private wording; write `is simulated`"),
    (r"\bin earnest\b", "private wording; write `live`"),
    (r"\b(by themselves|by itself) (once|when|where)\b", "write `automatically`"),
    (r"\bto try things with\b", "write `sandbox`, `with sample data`"),
    (r"\bfor good\b(?! in\b)", "write `permanently`"),
    (r"\bcalled off\b", "write `cancelled`"),
    (r"\bnot looked at\b", "write `not checked`, `not processed`, `ignored`"),
    (r"\bgoes? on (with|for|at)\b", "write `continues`"),
    (r"\b(kept|held) back\b", "write `reserved`"),
    (r"\bUntil when\b|\bFrom when on\b", "write `end (exclusive)`, `start (inclusive)`"),
    (r"\bof a hundred\b", "write `percent`"),
    (r"\ba (line|row|job|file|struct|worker|priority) an? (?=[a-z])", "write `one … per …`"),
    (r"\b(boxes|box) (for|at) (the )?customers?\b", "write `ONT`"),
    (r"; none (where|when|if|until|unless)\b|; none:", "write `None` if …"),
    (r"\bAgain, it does nothing\b", "write `Idempotent.`"),
    (r"\bThe same(,| of| for) ", "repeat the noun"),
    (r"\bgiv(e|es|en|ing) (\w+ )?back\b", "write `release`"),
    (r"\bis away\b", "write `is unavailable`"),
    (r"//[/!]? [A-Z][\w' ]* at most\.$", "write `Maximum number of …`"),
    (r"\b(put|taken|takes?) in hand\b|\bin hand\b", "metaphor; write `in progress`"),
    (r"\bby hand\b", "write `manually`"),
    (r"\bDoes what is asked\b", "write what the function does"),
    (r"\bis not there( yet| any more)?\b", "write `is missing`, `does not exist`"),
    (r"\bworked? off\b", "write `processed`"),
    (r"\b[Tt]wo at once\b", "write `concurrent …`"),
    (r"\b[Ww]hat (has )?become(s)? of\b|\bhas become of\b", "write `state`, `result`, `changes of`"),
    (r"\b[Tt]he usual (case|way)\b", "write `fast path`, `otherwise`"),
    (r"\bgoes its own way\b", "write `is processed individually`"),
    (r"\b[Ee]vents tell\b|\b(an event|it|a body|a delivery|events?) tells? of\b", "write `payload`, `content`"),
    (r"\bhears? of\b", "write `is notified`, `receives`"),
    (r"\b[Hh]ow (it|what|a caller|an? \w+) stands?\b", "write `state`, `status`"),
    (r"\b[Ww]hat (is|was) (kept|told|said) of\b", "write the noun: `the row`, `the payload`, `the message`"),
    (r"\bof which nothing\b|\bnobody has begun\b", "write `that has not started`"),
    (r"\bwhat plays\b|\b[Ww]hat only plays\b", "private wording; write `sandbox`"),
    (r"\bEvents? at most\b|\b\w+ at most (in|of|that|which) ", "write `Maximum number of …`"),
]
FINISHED = "|".join(
    [
        r"README\.md|switchyard\.toml|docs/.*\.md",
        r"(src|worker/src)/.*\.rs",
        r"api/.*\.rs",
        r"kernel/(platform|engine|core|webhooks)/src/.*\.rs",
        r"domain/.*\.rs",
        r"(entities|migration|bench)/src/.*\.rs",
        r"tests/harness/src/.*\.rs",
    ]
)


def rules(path):
    """The rules for a file."""
    finished = re.fullmatch(FINISHED, path)
    return EVERYWHERE + (FINISHED_ONLY if finished else [])


def main():
    listed = subprocess.run(
        ["git", "ls-files", "*.md", "*.rs", "*.toml", "*.sh"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    found = 0
    for path in filter(lambda path: (ROOT / path).is_file(), listed.stdout.splitlines()):
        compiled = [(re.compile(pattern), advice) for pattern, advice in rules(path)]
        for number, line in enumerate((ROOT / path).read_text(encoding="utf-8").splitlines(), 1):
            for phrase, advice in compiled:
                if match := phrase.search(line):
                    print(f'{path}:{number}: "{match.group()}": {advice}')
                    found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
