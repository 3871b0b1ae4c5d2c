#!/usr/bin/env python3
"""A tenant's receiver that hangs delays nobody: usage: hanging_receiver.py PROGRAM

Starts `PROGRAM up --sandbox` on a free port with an empty folder (SQLite: one writer). One tenant tests its webhook,
with an Idempotency-Key, at a receiver that never answers, eight times at once. Meanwhile another tenant makes
customers. Passes when each of them is made, none takes as long as a second, the key that is in use is answered
with 409, and a request sent again is answered as before. Takes about half a minute."""

import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

TESTS = 8
WRITES = 40
SLOWEST = 1.0


class Platform:
    """The program under test, in a folder of its own."""

    def __init__(self, program, handles=None):
        self.program, self.folder = program, tempfile.mkdtemp(prefix="switchyard-drill-")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.url = "http://127.0.0.1:%d" % free.getsockname()[1]
        limits = {f"SWITCHYARD_PLANS_PARTNER_STARTER_{each}": "1000000" for each in ("MINUTE", "DAY")}
        self.environment = {**os.environ, **limits, "SWITCHYARD_DATA": self.folder}
        command = [program, "up", "--sandbox", "--no-seed", "--listen", self.url.removeprefix("http://")]
        log = open(os.path.join(self.folder, "log"), "w")
        few = handles and (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (handles, handles)))
        self.process = subprocess.Popen(
            command, env=self.environment, stdout=log, stderr=log, preexec_fn=few
        )
        for _ in range(300):
            try:
                return self.call("/healthz") and None
            except OSError:
                time.sleep(0.1)
        raise SystemExit("FAILED: the platform does not start, see " + log.name)

    def key(self, organization):
        command = [self.program, "key", "new", "--contract", "partner", "--name", "drill", "--quiet"]
        command += ["--organization", organization]
        return subprocess.check_output(command, env=self.environment, text=True).strip()

    def call(self, path, key="", body=None, again="", timeout=60):
        """Status, headers, and body of an answer."""
        headers = {"X-API-Key": key, "Content-Type": "application/json"}
        if again:
            headers["Idempotency-Key"] = again
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.headers, answer.read()


def hanging():
    """A receiver that takes connections and says nothing; its URL, and how many it has."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    taken = []

    def take():
        while True:
            taken.append(listener.accept()[0])

    threading.Thread(target=take, daemon=True).start()
    return "http://127.0.0.1:%d/" % listener.getsockname()[1], taken


def customer(number):
    address = {"street1": "1 Main Street", "city": "Escondido", "state": "CA", "zip": "92025"}
    return {"email": f"{number}@example.com", "firstName": "A", "lastName": "B", "serviceAddress": address}


def drill(platform):
    """What is wrong."""
    faults, answers = [], {}
    noisy, quiet = platform.key("noisy"), platform.key("quiet")
    url, taken = hanging()
    hook = {"url": url, "events": ["ticket.created"]}
    status, _, body = platform.call("/partner/api/v1/webhooks", noisy, hook)
    if status != 201:
        return [f"no webhook: {status} {body!r}"]
    test = {"eventType": "ticket.created"}

    def send(number):
        answers[number] = platform.call("/partner/api/v1/webhooks/test", noisy, test, f"key {number}")

    threads = [threading.Thread(target=send, args=(number,)) for number in range(TESTS)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 10
    while len(taken) < TESTS and time.monotonic() < deadline:
        time.sleep(0.05)
    if len(taken) < TESTS:
        faults.append(f"only {len(taken)} of {TESTS} tests are under way at once")
    slowest = 0.0
    for number in range(WRITES):
        begun = time.monotonic()
        status, _, body = platform.call("/partner/api/v1/customers", quiet, customer(number))
        slowest = max(slowest, time.monotonic() - begun)
        if status != 201:
            faults.append(f"a customer of another tenant: {status} {body!r}")
    print(f"{WRITES} customers of another tenant, the slowest in {slowest * 1000:.0f} ms")
    if slowest > SLOWEST:
        faults.append(f"another tenant waited for {slowest:.1f} s")
    status, headers, _ = platform.call("/partner/api/v1/webhooks/test", noisy, test, "key 0")
    if (status, headers["Retry-After"]) != (409, "1"):
        faults.append(f"a key in use: {status}")
    for thread in threads:
        thread.join()
    for number, (status, headers, body) in sorted(answers.items()):
        if status != 200 or json.loads(body)["data"]["delivered"]:
            faults.append(f"test {number}: {status} {body!r}")
    status, headers, body = platform.call("/partner/api/v1/webhooks/test", noisy, test, "key 0")
    if headers["Idempotent-Replayed"] != "true" or body != answers[0][2]:
        faults.append(f"sent again: {status} {body!r}")
    return faults


def main():
    platform = Platform(os.path.abspath(sys.argv[1]))
    try:
        faults = drill(platform)
    finally:
        platform.process.terminate()
        platform.process.wait(30)
    for fault in faults[:10]:
        print("FAILED:", fault)
    print("FAILED, see " + platform.folder if faults else "passed")
    return 1 if faults else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    raise SystemExit(main())
