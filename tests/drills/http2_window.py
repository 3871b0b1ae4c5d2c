"""Holds thousands of HTTP/2 connections whose window is 0, so that no answer can be sent, without a credential.

    python3 tests/drills/http2_window.py target/debug/switchyard

Starts `switchyard up` on a free port, in an empty folder. First all connections come from one address, then from
256 addresses of the loopback network. Held is: the address has no more connections than it may; /healthz and
/readyz are answered within a second all the while, also to the address that holds them; and every connection is
closed once its answer was not taken for `http.idle_timeout`, although it sends pings.

  DRILL_CONNECTIONS  how many connections (4096)
  DRILL_PROMPT       within how many seconds health has to be answered (1); more, where others use the machine
"""

import errno
import os
import resource
import select
import socket
import struct
import sys
import time

from platforms import Platform, program

CONNECTIONS = int(os.environ.get("DRILL_CONNECTIONS", "4096"))
PER_ADDRESS = 512
IDLE, READ = 15, 2
# From when an answer is not taken any more until its connection is gone, on a machine that is busy.
CLOSED_WITHIN = IDLE + READ + 15
PROMPT = float(os.environ.get("DRILL_PROMPT", "1"))
SETTINGS = {
    "SWITCHYARD_HTTP_IDLE_TIMEOUT": f"{IDLE}s",
    "SWITCHYARD_HTTP_READ_TIMEOUT": f"{READ}s",
    "SWITCHYARD_HTTP_MAX_CONNECTIONS_PER_ADDRESS": str(PER_ADDRESS),
}


def frame(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


# SETTINGS_INITIAL_WINDOW_SIZE = 0, and GET /healthz: indexes of HPACK's static table for `:method` and `:scheme`,
# literals for `:authority` and `:path`.
NO_WINDOW = frame(4, 0, 0, struct.pack(">HI", 4, 0))
REQUEST = frame(1, 0x5, 1, b"\x82\x86\x01\x05drill\x04\x08/healthz")
ATTACK = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + NO_WINDOW + REQUEST
PING = frame(6, 0, 0, b"12345678")


def connect(port, source, timeout=5.0):
    one = socket.socket()
    one.settimeout(timeout)
    one.bind((source, 0))
    one.connect(("127.0.0.1", port))
    return one


def ask(port, path, source):
    """The seconds until a 200; none if there is none in time."""
    began = time.monotonic()
    try:
        with connect(port, source, PROMPT) as one:
            one.sendall(f"GET {path} HTTP/1.1\r\nHost: drill\r\nConnection: close\r\n\r\n".encode())
            answer = one.recv(4096)
    except OSError:
        return None
    took = time.monotonic() - began
    return took if answer.startswith(b"HTTP/1.1 200 ") and took <= PROMPT else None


def is_open(one):
    """Reads what there is; whether the connection is still open."""
    try:
        while one.recv(65536):
            pass
        return False
    except BlockingIOError:
        return True
    except OSError as error:
        return error.errno == errno.EAGAIN


def still_open(held):
    """Of these connections, those that are open; the others are closed here too."""
    poll = select.poll()
    by_handle = {one.fileno(): one for one in held}
    for handle in by_handle:
        poll.register(handle, select.POLLIN | select.POLLHUP | select.POLLERR)
    for handle, _ in poll.poll(0):
        if not is_open(by_handle[handle]):
            by_handle.pop(handle).close()
    return list(by_handle.values())


class Drill:
    def __init__(self, port):
        self.port, self.failed, self.slowest = port, False, 0.0

    def check(self, holds, what):
        print(("ok      " if holds else "FAILED  ") + what, flush=True)
        self.failed |= not holds

    def health(self, sources):
        """Asks for health from each address; how often there was no answer in time."""
        missed = 0
        for source in sources:
            for path in ("/healthz", "/readyz"):
                took = ask(self.port, path, source)
                missed += took is None
                self.slowest = max(self.slowest, took or 0.0)
        return missed

    def hold(self, name, source, most):
        held, missed, began = [], 0, time.monotonic()
        others = ["127.200.0.1", source(0)]
        for number in range(CONNECTIONS):
            try:
                one = connect(self.port, source(number))
                one.sendall(ATTACK)
                one.setblocking(False)
                held.append(one)
            except OSError:
                pass
            if number % 256 == 255:
                held = still_open(held)
                missed += self.health(others)
        seconds = time.monotonic() - began
        missed += self.health(others)
        held = still_open(held)
        late = f"{missed} times not, slowest answer {self.slowest:.3f} s"
        self.check(missed == 0, f"{name}: health is answered within {PROMPT:g} s, {late}")
        self.check(len(held) <= most, f"{name}: {len(held)} of {CONNECTIONS} opened in {seconds:.1f} s are held")
        return held

    def until_closed(self, name, held):
        """Sends pings until all are closed, or the time is up."""
        began, opened = time.monotonic(), len(held)
        while held and time.monotonic() - began < CLOSED_WITHIN:
            for one in held:
                try:
                    one.send(PING)
                except OSError:
                    pass
            time.sleep(0.5)
            held = still_open(held)
        seconds = time.monotonic() - began
        self.check(not held, f"{name}: {opened - len(held)} of {opened} are closed after {seconds:.1f} s")
        for one in held:
            one.close()


def main():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 20000), most))
    if min(most, 20000) < CONNECTIONS + 100:
        sys.exit(f"only {most} file handles may be open; the drill needs {CONNECTIONS + 100}")
    with Platform(program(__doc__), settings=SETTINGS) as platform:
        drill = Drill(platform.address[1])
        held = drill.hold("one address", lambda _: "127.0.0.1", PER_ADDRESS)
        drill.until_closed("one address", held)
        held = drill.hold("256 addresses", lambda number: f"127.0.{number % 256}.9", 4096)
        drill.until_closed("256 addresses", held)
        drill.check(platform.process.poll() is None, "the server runs")
    print("FAILED" if drill.failed else "passed")
    sys.exit(drill.failed)


if __name__ == "__main__":
    main()
