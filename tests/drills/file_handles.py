#!/usr/bin/env python3
"""Few file handles are nobody else's fault: usage: file_handles.py PROGRAM

Starts `PROGRAM up --sandbox` on a free port with an empty folder and 256 file handles. Two rounds:
1. One tenant tests all its 60 webhooks, at a receiver that never answers, 24 times at once. Meanwhile another tenant's
   requests, over new connections, are answered, and its events are delivered.
2. Idle connections take all handles. Events of the other tenant are delivered once they are closed, at the first
   attempt: no failure of its receiver was recorded.
Takes about half a minute."""

import json
import os
import resource
import socket
import threading
import time

from platforms import UNLIMITED, Platform, program, verdict, wait
from receivers import hanging, taking

HANDLES = 256
WEBHOOKS = 60
TESTS = 24
EVENTS = 20
SLOWEST = 5.0


class Tenant:
    def __init__(self, platform, name):
        self.platform, self.key = platform, platform.key(name)

    def call(self, path, body=None):
        status, _, answer = self.platform.call(path, self.key, body)
        return status, json.loads(answer)

    def hook(self, url):
        status, answer = self.call("/webhooks", {"url": url, "events": ["ticket.created"], "customEvents": ["drill.measured"]})
        if status != 201:
            raise SystemExit(f"FAILED: no webhook: {status} {answer}")
        return answer["data"]["id"]

    def publish(self):
        return self.call("/events", {"eventType": "drill.measured", "payload": {}})[0]


def handles(platform):
    """How many are in use."""
    return len(os.listdir(f"/proc/{platform.process.pid}/fd"))


def crowd(platform, noisy, quiet, came, wrong):
    """Round 1."""
    url, called = hanging()
    for _ in range(WEBHOOKS):
        noisy.hook(url)
    tests = [threading.Thread(target=noisy.call, args=("/webhooks/test", {"eventType": "ticket.created"}))
             for _ in range(TESTS)]
    before = handles(platform)
    for test in tests:
        test.start()
    # Each test holds the connection that asked for it.
    if not wait(10, lambda: called and handles(platform) >= before + TESTS):
        wrong.append("the tests are not under way")
    slowest = 0.0
    for _ in range(EVENTS):
        begun = time.monotonic()
        status = quiet.publish()
        slowest = max(slowest, time.monotonic() - begun)
        if status != 202:
            wrong.append(f"beside the crowd an event was answered with {status}")
    if not wait(10, lambda: len(set(came)) >= EVENTS):
        wrong.append(f"beside the crowd {len(set(came))} of {EVENTS} events were delivered")
    print(f"beside {TESTS} tests of {WEBHOOKS} webhooks: the slowest answer in {slowest * 1000:.0f} ms")
    if slowest > SLOWEST:
        wrong.append(f"an answer took {slowest:.1f} s")
    for test in tests:
        test.join()


def used_up(platform, quiet, hook, came, wrong):
    """Round 2. The connection that asks is open before the handles are gone."""
    with socket.create_connection(platform.address) as asking:
        answers = asking.makefile("rb")
        idle = []

        def publish():
            body = b'{"eventType":"drill.measured","payload":{}}'
            head = f"POST /partner/api/v1/events HTTP/1.1\r\nHost: x\r\nX-API-Key: {quiet.key}\r\n"
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            asking.sendall(head.encode() + body)
            status, length = answers.readline().split()[1], 0
            while (line := answers.readline().strip()):
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            answers.read(length)
            return int(status)

        came.clear()
        publish()
        wait(10, lambda: came)
        came.clear()
        for _ in range(HANDLES + 64):
            idle.append(socket.create_connection(platform.address))
        if not wait(10, lambda: handles(platform) >= HANDLES):
            wrong.append("idle connections do not take all handles")
        used = handles(platform)
        good = [publish() for _ in range(EVENTS)].count(202)
        # That deliveries are put off shows nowhere: they are given time to come.
        wait(3, lambda: len(set(came)) >= good)
        early = len(set(came))
        for one in idle:
            one.close()
    print(f"with {used} of {HANDLES} handles in use {good} events were taken, {early} delivered")
    if not wait(30, lambda: len(set(came)) >= good):
        wrong.append(f"{len(set(came))} of {good} events were delivered in the end")
    _, listed = quiet.call(f"/webhooks/{hook}/deliveries?limit=100")
    if early >= good:
        wrong.append("there were handles left: the drill has shown nothing")
    bad = [one for one in listed["data"] if one["status"] != "success" or one["attempt"] != 1]
    for one in bad[:3]:
        wrong.append(f"the receiver was blamed: {one['status']}, attempt {one['attempt']}: {one.get('error')}")


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # The receivers are in this process.
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    wrong = []
    with Platform(program(__doc__), "--sandbox", settings=UNLIMITED, handles=HANDLES) as platform:
        noisy, quiet = Tenant(platform, "noisy"), Tenant(platform, "quiet")
        url, came = taking()
        hook = quiet.hook(url)
        crowd(platform, noisy, quiet, came, wrong)
        used_up(platform, quiet, hook, came, wrong)
    verdict(wrong)


if __name__ == "__main__":
    main()
