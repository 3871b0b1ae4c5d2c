#!/usr/bin/env python3
"""Bodies of 1 MiB that are refused: usage: refused_bodies.py PROGRAM

Starts `PROGRAM up` with 6 GiB of address space. Sends what breaks rules as often as 1 MiB has room for: 60,000 NULs
below a key of 500,000 letters, 340,000 empty rows, 500,000 wrong items, a row with 100,000 wrong values. Then one
tenant sends 39 bodies of empty rows, eight at a time, while another reads its customers. Passes when every answer is a
400 of at most 64 KiB, the process has taken 400 MiB at most, and the other tenant has waited for 2 s at most. Takes
about half a minute."""

import concurrent.futures
import json
import time

from platforms import Platform, program, verdict

ANSWER = 64 << 10
PEAK = 400
SLOWEST = 2.0
BODIES = 39


def bodies():
    row = '{"metadata":{%s}}' % ",".join('"%x":1' % number for number in range(100_000))
    return {
        "NULs below a long key": ("/events", '{"%s":[%s]}' % ("k" * 500_000, ",".join(['"\\u0000"'] * 60_000))),
        "NULs in a payload": (
            "/events",
            '{"payload":{"%s":[%s]}}' % ("k" * 10_000, ",".join(['"\\u0000"'] * 20_000)),
        ),
        "empty rows": ("/bulk/customers", '{"customers":[%s]}' % ",".join(["{}"] * 340_000)),
        "wrong items": ("/webhooks", '{"url":"x","events":[%s]}' % ",".join(["0"] * 500_000)),
        "wrong values": ("/bulk/customers", '{"customers":[%s]}' % row),
    }


def refused(platform, key, path, body):
    """What is wrong with the answer, and how long it took."""
    began = time.monotonic()
    status, _, answer = platform.call(path, key, body.encode())
    took = time.monotonic() - began
    if status is None:
        time.sleep(1)  # A process that ends is not gone at once.
    if status != 400:
        return f"answered with {status}: {answer[:200]}", took
    if len(answer) > ANSWER:
        return f"an answer of {len(answer)} bytes", took
    if json.loads(answer)["error"] != "VALIDATION_ERROR":
        return f"another refusal: {answer[:200]}", took
    return None, took


def others_waited(platform, noisy, quiet):
    """The times that another tenant's reads took during refused bodies, and how many bodies were not refused."""
    path, body = bodies()["empty rows"]
    times = []
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(refused, platform, noisy, path, body) for _ in range(BODIES)]
        while not all(one.done() for one in sent) and len(times) < 90:
            began = time.monotonic()
            status = platform.call("/customers", quiet).status
            times.append(time.monotonic() - began if status == 200 else float("inf"))
            time.sleep(0.05)
        wrong = [one.result()[0] for one in sent if one.result()[0]]
    return times, wrong


def main():
    wrong = []
    with Platform(program(__doc__), memory=6 << 30) as platform:
        noisy, quiet = platform.key("noisy"), platform.key("quiet")
        print(f"peak at the start: {platform.peak()} MiB")
        for name, (path, body) in bodies().items():
            before = platform.cpu()
            fault, took = refused(platform, noisy, path, body)
            if platform.process.poll() is not None:
                verdict(wrong + [f"{name}: the process has ended with {platform.process.returncode}"])
            used = platform.cpu() - before
            print(f"{name}, {len(body) >> 10} KiB: {took:.2f} s, {used:.2f} s of processor, peak {platform.peak()} MiB")
            wrong += [f"{name}: {fault}"] if fault else []
        times, not_refused = others_waited(platform, noisy, quiet)
        wrong += not_refused
        print(f"another tenant's {len(times)} reads: slowest {max(times):.3f} s, median {sorted(times)[len(times) // 2]:.3f} s")
        if max(times) > SLOWEST:
            wrong.append(f"another tenant waited for {max(times):.1f} s")
        peak = platform.peak()
        print(f"peak at the end: {peak} MiB")
        if peak > PEAK:
            wrong.append(f"the process took {peak} MiB")
    verdict(wrong)


if __name__ == "__main__":
    main()
