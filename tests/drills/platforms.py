"""A platform of a drill's own, what it takes of the machine, and how a drill ends."""

import collections
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

PARTNER = "/partner/api/v1"
Answer = collections.namedtuple("Answer", "status headers body")


class Platform:
    """`PROGRAM up` on a free port of loopback, with an empty folder. As a context it is ended at the end."""

    def __init__(self, program, *options, settings=None, memory=None, handles=None):
        """`settings`: environment variables. `memory`: bytes of address space at most. `handles`: open files at most."""
        self.program = str(pathlib.Path(program).resolve())
        self.folder = tempfile.TemporaryDirectory(prefix="switchyard-drill-")
        self.environment = {name: text for name, text in os.environ.items() if not name.startswith("SWITCHYARD_")}
        self.environment.pop("DATABASE_URL", None)
        self.environment.pop("REDIS_URL", None)
        self.environment |= {"SWITCHYARD_DATA": self.folder.name} | (settings or {})
        self.log = pathlib.Path(self.folder.name, "log")
        limits = {resource.RLIMIT_AS: memory, resource.RLIMIT_NOFILE: handles}

        def restrict():
            for limit, most in limits.items():
                if most:
                    resource.setrlimit(limit, (most, most))

        command = [self.program, "up", "--no-seed", "--listen", "127.0.0.1:0", *options]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, preexec_fn=restrict
            )
        self.url = self.wait_for_url()
        host, port = self.url.removeprefix("http://").split(":")
        self.address = (host, int(port))

    def wait_for_url(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            if found := re.search(r"listening on (http://\S+)", self.log.read_text(errors="replace")):
                return found[1]
            time.sleep(0.05)
        sys.exit("FAILED: the platform does not start:\n" + self.log.read_text(errors="replace"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.folder.cleanup()

    def key(self, organization):
        command = [self.program, "key", "new", "--contract", "partner", "--name", "drill", "--quiet"]
        command += ["--organization", organization]
        return subprocess.check_output(command, env=self.environment, text=True).strip()

    def call(self, path, key, body=None, kind="application/json", again=None):
        """The answer of the partner contract; without a status when there is none. `body`: bytes, or a value that
        is sent as JSON. `again`: the Idempotency-Key."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        headers = {"X-API-Key": key, "Content-Type": kind} | ({"Idempotency-Key": again} if again else {})
        request = urllib.request.Request(self.url + PARTNER + path, body, headers)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as answer:
            return Answer(answer.code, answer.headers, answer.read())
        except OSError as error:
            return Answer(None, {}, str(error).encode())

    def peak(self):
        """The most memory that it has had so far, in MiB; none when it has ended."""
        try:
            status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return None
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        return int(found[1]) >> 10 if found else None

    def cpu(self):
        """Seconds of processor time that it has had."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# No plan of a tenant is in the way of a drill.
UNLIMITED = {f"SWITCHYARD_PLANS_PARTNER_STARTER_{each}": "1000000" for each in ("MINUTE", "DAY")}


def customer(number, **more):
    address = {"street1": "1 Main Street", "city": "Escondido", "state": "CA", "zip": "92025"}
    named = {"email": f"{number}@example.com", "firstName": "A", "lastName": "B", "serviceAddress": address}
    return named | more


def line(value):
    return json.dumps(value).encode() + b"\n"


def program(usage):
    """The program to try, as the drill was told; without one it says its usage."""
    if len(sys.argv) < 2:
        sys.exit(usage)
    return sys.argv[1]


def wait(seconds, enough):
    """Waits until `enough()`, for so many seconds at most; what it said last."""
    deadline = time.monotonic() + seconds
    while not enough() and time.monotonic() < deadline:
        time.sleep(0.05)
    return enough()


def verdict(wrong):
    """Says what is wrong, and ends the drill."""
    for one in wrong[:10]:
        print("FAILED:", one)
    print("FAILED" if wrong else "passed")
    sys.exit(1 if wrong else 0)
