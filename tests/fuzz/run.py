"""Fuzzes a real `switchyard up` with Schemathesis, by the document that each contract serves.

Fails when an answer is a 5xx or is not as documented, when the server logs an error, and when it does not
stop as it should. Started by `./test.sh fuzz`; see docs/testing.md.

  FUZZ_SECONDS  how long the requests go on in all (180)
  FUZZ_SEED     which requests are made (1)
"""

import base64
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]
SECONDS = int(os.environ.get("FUZZ_SECONDS", "180"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
METHODS = {"get", "post", "put", "patch", "delete"}
MANY = "1000000000"


def environment():
    """Settings under which no limit is met: those of plans are as many as there are plans."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith("SWITCHYARD_")}
    settings.pop("DATABASE_URL", None)
    settings.pop("REDIS_URL", None)
    plans = re.findall(r"^\[plans\.(\w+)\.(\w+)\]", (ROOT / "switchyard.toml").read_text(), re.M)
    limits = ["LIMITS_ANONYMOUS", *(f"PLANS_{contract}_{plan}".upper() for contract, plan in plans)]
    for limit in limits:
        settings |= {f"SWITCHYARD_{limit}_MINUTE": MANY, f"SWITCHYARD_{limit}_DAY": MANY}
    return settings | {"SWITCHYARD_LIMITS_IN_FLIGHT": "100000"}


class Server:
    """`switchyard up` on a free port, with its data in a new folder."""

    def __init__(self, program, folder):
        self.program, self.folder, self.environment = program, folder, environment()
        self.log = pathlib.Path(folder, "server.log")
        with self.log.open("wb") as log:
            command = [program, "up", "--no-seed", "--listen", "127.0.0.1:0", "--data", folder]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=self.environment)
        self.origin = self.wait_for_address()

    def wait_for_address(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            if found := re.search(r"listening on (http://\S+)", self.log.read_text(errors="replace")):
                return found[1]
            time.sleep(0.05)
        sys.exit("the server does not start:\n" + self.log.read_text(errors="replace"))

    def document(self, contract):
        with urllib.request.urlopen(f"{self.origin}/{contract}/openapi.json") as answer:
            return json.load(answer)

    def run(self, *command):
        command = [self.program, *command, "--data", self.folder]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=self.environment)
        return done.stdout.strip()

    def key(self, contract, *more):
        return self.run("key", "new", "--contract", contract, "--name", "fuzz", "--quiet", *more)

    def token(self, contract, url):
        """For a client that simulates: its side has all operations, and a provisioner that orders can be given to."""
        client = base64.b64encode(self.key(contract, "--sandbox").encode()).decode()
        self.run("provisioner", "create", "--name", "fuzz")
        form = {"grant_type": "client_credentials", "audience": "api://provisioning"}
        request = urllib.request.Request(self.origin + url, urllib.parse.urlencode(form).encode())
        request.add_header("Authorization", f"Basic {client}")
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["access_token"]

    def stop(self):
        """What is wrong with how it ran and stopped."""
        wrong = []
        if self.process.poll() is not None:
            wrong.append(f"the server has ended by itself, with {self.process.returncode}")
        self.process.terminate()
        try:
            code = self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = "no exit within 20 s of SIGTERM"
        if code != 0:
            wrong.append(f"the server stopped with: {code}")
        errors = [line for line in self.log.read_text(errors="replace").splitlines() if " ERROR " in line or "panicked" in line]
        return wrong + errors[:20]


def operations(document):
    return [one for path in document["paths"].values() for method, one in path.items() if method in METHODS]


def credential(server, contract, document):
    """The header that opens the contract's operations; none where they need none."""
    schemes = [name for one in operations(document) for need in one.get("security", []) for name in need]
    if not schemes:
        return []
    scheme = document["components"]["securitySchemes"][schemes[0]]
    if scheme["type"] == "apiKey":
        return ["--header", f"{scheme['name']}: {server.key(contract)}"]
    if scheme["type"] == "http" and scheme["scheme"] == "bearer":
        return ["--header", f"Authorization: Bearer {server.key(contract)}"]
    if scheme["type"] == "oauth2":
        url = scheme["flows"]["clientCredentials"]["tokenUrl"]
        return ["--header", f"Authorization: Bearer {server.token(contract, url)}"]
    sys.exit(f"{contract}: this script does not know yet how to show a credential of the type {scheme['type']}")


def fuzz(server, contract, document, seconds, folder):
    """Runs Schemathesis; true if it found nothing."""
    print(f"\n== {contract}: {len(operations(document))} operations, {seconds} s, seed {SEED}", flush=True)
    command = [str(pathlib.Path(sys.executable).with_name("st")), "--config-file", str(HERE / "schemathesis.toml")]
    command += ["--no-color", "run", f"{server.origin}/{contract}/openapi.json", "--seed", str(SEED)]
    command += ["--max-time", str(seconds), "--output-sanitize", "false", *credential(server, contract, document)]
    hooks = {"SCHEMATHESIS_HOOKS": str(HERE / "hooks.py"), "PYTHONDONTWRITEBYTECODE": "1"}
    # It ends by itself; the bound is for when it does not.
    done = subprocess.run(command, cwd=folder, env=os.environ | hooks, timeout=seconds + 120)
    return done.returncode == 0


def main():
    program = sys.argv[1]
    with tempfile.TemporaryDirectory(prefix="switchyard-fuzz-") as folder:
        server = Server(program, folder)
        wrong = []
        try:
            documents = {file.stem: server.document(file.stem) for file in sorted((ROOT / "openapi").glob("*.json"))}
            total = sum(len(operations(document)) for document in documents.values())
            for contract, document in documents.items():
                seconds = max(10, SECONDS * len(operations(document)) // total)
                if not fuzz(server, contract, document, seconds, folder):
                    wrong.append(f"the {contract} contract: see the requests above")
        finally:
            wrong += server.stop()
    for line in wrong:
        print(f"fuzz: {line}")
    print(f"\nfuzz result: {'FAILED' if wrong else 'ok'}. {len(documents)} contracts; {total} operations; seed {SEED}")
    return bool(wrong)


sys.exit(main())
