#!/usr/bin/env python3
"""An upload of fat rows: usage: fat_upload.py PROGRAM [ROWS]

Starts `PROGRAM up` with 8 GiB of address space and uploads 250 customers of 1 MB each as NDJSON. Passes when all of
them are made and the process has taken 400 MiB at most. Takes a minute or two with a debug build."""

import json
import sys
import time

from platforms import Platform, customer, line, program, verdict

FILE = "/bulk/customers/file"
PEAK = 400
PATIENCE = 300


def ended(platform, key, job):
    """How the import stands when it has ended."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        answer = platform.call(f"/bulk/jobs/{job}", key)
        stands = json.loads(answer.body)["data"]
        if stands["status"] not in ("PENDING", "PROCESSING"):
            break
        time.sleep(1)
    return stands


def main():
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else 250
    wrong = []
    with Platform(program(__doc__), settings={"SWITCHYARD_LIMITS_TEXT": "1MiB"}, memory=8 << 30) as platform:
        key = platform.key("uploader")
        print(f"peak at the start: {platform.peak()} MiB")
        file = b"".join(line(customer(number, firstName="x" * 1_000_000)) for number in range(rows))
        began = time.monotonic()
        answer = platform.call(FILE, key, file, "application/x-ndjson")
        print(f"upload of {len(file) >> 20} MiB: {time.monotonic() - began:.1f} s, peak {platform.peak()} MiB")
        if answer.status != 202:
            verdict([f"answered with {answer.status}: {answer.body[:200]}"])
        stands = ended(platform, key, json.loads(answer.body)["data"]["id"])
        peak = platform.peak()
        print(f"import: {time.monotonic() - began:.1f} s, {stands['status']}, {stands['progress']}, peak {peak} MiB")
        if stands["status"] != "COMPLETED" or stands["progress"]["succeeded"] != rows:
            wrong.append(f"not all of {rows} customers were made")
        if peak is None or peak > PEAK:
            wrong.append(f"the process took {peak} MiB")
    verdict(wrong)


if __name__ == "__main__":
    main()
