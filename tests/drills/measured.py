"""A platform of a drill's own, and what it takes of the machine."""

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

MIB = 1 << 20


class Platform:
    """`PROGRAM up` on a free port of loopback, with an empty folder. As a context it is ended at the end."""

    def __init__(self, program, memory, **settings):
        """`memory`: bytes of address space that it gets at most; `settings`: further variables of its environment."""
        self.program = str(pathlib.Path(program).resolve())
        self.folder = tempfile.TemporaryDirectory(prefix="switchyard-drill-")
        self.environment = {name: text for name, text in os.environ.items() if not name.startswith("SWITCHYARD_")}
        self.environment.pop("DATABASE_URL", None)
        self.environment.pop("REDIS_URL", None)
        self.environment |= {"SWITCHYARD_DATA": self.folder.name} | settings
        self.log = pathlib.Path(self.folder.name, "log")
        command = [self.program, "up", "--no-seed", "--listen", "127.0.0.1:0"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                env=self.environment,
                stdout=log,
                stderr=log,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (memory, memory)),
            )
        self.url = self.address()

    def address(self):
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
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.folder.cleanup()

    def key(self, organization):
        command = [self.program, "key", "new", "--contract", "partner", "--name", "drill", "--quiet"]
        command += ["--organization", organization]
        return subprocess.check_output(command, env=self.environment, text=True).strip()

    def call(self, path, key, body=None, kind="application/json"):
        """Status and body of an answer; none when there is none."""
        headers = {"X-API-Key": key, "Content-Type": kind}
        request = urllib.request.Request(self.url + "/partner" + path, body, headers)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read()
        except OSError as error:
            return None, str(error).encode()

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


def customer(number, **more):
    address = {"street1": "1 Main Street", "city": "Escondido", "state": "CA", "zip": "92025"}
    named = {"email": f"{number}@example.com", "firstName": "A", "lastName": "B", "serviceAddress": address}
    return named | more


def line(value):
    return json.dumps(value).encode() + b"\n"


def verdict(wrong):
    """Says it, and ends the drill."""
    for one in wrong:
        print("FAILED:", one)
    print("FAILED" if wrong else "passed")
    sys.exit(1 if wrong else 0)
