#!/usr/bin/env python3
"""A tenant's receiver that hangs delays nobody: usage: hanging_receiver.py PROGRAM

Starts `PROGRAM up --sandbox` on a free port with an empty folder (SQLite: one writer). One tenant tests its webhook,
with an Idempotency-Key, at a receiver that never answers, eight times at once. Meanwhile another tenant makes
customers. Passes when each of them is made, none takes as long as a second, the key that is in use is answered
with 409, and a request sent again is answered as before. Takes about half a minute."""

import json
import threading
import time

from platforms import UNLIMITED, Platform, customer, program, verdict, wait
from receivers import hanging

TESTS = 8
WRITES = 40
SLOWEST = 1.0


def drill(platform):
    """What is wrong."""
    faults, answers = [], {}
    noisy, quiet = platform.key("noisy"), platform.key("quiet")
    url, taken = hanging()
    hook = {"url": url, "events": ["ticket.created"]}
    status, _, body = platform.call("/webhooks", noisy, hook)
    if status != 201:
        return [f"no webhook: {status} {body!r}"]
    test = {"eventType": "ticket.created"}

    def send(number):
        answers[number] = platform.call("/webhooks/test", noisy, test, again=f"key {number}")

    threads = [threading.Thread(target=send, args=(number,)) for number in range(TESTS)]
    for thread in threads:
        thread.start()
    if not wait(10, lambda: len(taken) >= TESTS):
        faults.append(f"only {len(taken)} of {TESTS} tests are under way at once")
    slowest = 0.0
    for number in range(WRITES):
        begun = time.monotonic()
        status, _, body = platform.call("/customers", quiet, customer(number))
        slowest = max(slowest, time.monotonic() - begun)
        if status != 201:
            faults.append(f"a customer of another tenant: {status} {body!r}")
    print(f"{WRITES} customers of another tenant, the slowest in {slowest * 1000:.0f} ms")
    if slowest > SLOWEST:
        faults.append(f"another tenant waited for {slowest:.1f} s")
    status, headers, _ = platform.call("/webhooks/test", noisy, test, again="key 0")
    if (status, headers["Retry-After"]) != (409, "1"):
        faults.append(f"a key in use: {status}")
    for thread in threads:
        thread.join()
    for number, (status, headers, body) in sorted(answers.items()):
        if status != 200 or json.loads(body)["data"]["delivered"]:
            faults.append(f"test {number}: {status} {body!r}")
    status, headers, body = platform.call("/webhooks/test", noisy, test, again="key 0")
    if headers["Idempotent-Replayed"] != "true" or body != answers[0][2]:
        faults.append(f"sent again: {status} {body!r}")
    return faults


def main():
    with Platform(program(__doc__), "--sandbox", settings=UNLIMITED) as platform:
        wrong = drill(platform)
    verdict(wrong)


if __name__ == "__main__":
    main()
