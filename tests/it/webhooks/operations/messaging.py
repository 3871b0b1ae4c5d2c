"""Of deliveries, a line of JSON each with `secrets`, `headers`, `body` and `now`: what two clients say, a line each.

Both read `X-Kirim-Signature: t=<unix seconds>,v1=<hex>[,v1=<hex>]`, use the whole secret as key, accept any `v1`, and
allow 300 seconds. The first compares bytes, the second text.
"""

import hashlib
import hmac
import json
import sys


def compares_bytes(body, header, secrets, now):
    parts = header.split(",")
    times = [part[2:] for part in parts if part.startswith("t=")]
    given = [bytes.fromhex(part[3:]) for part in parts if part.startswith("v1=")]
    if not times or not given or abs(now - int(times[0])) > 300:
        return False
    signed = f"{times[0]}.".encode() + body
    made = [hmac.new(secret.encode(), signed, hashlib.sha256).digest() for secret in secrets]
    return any(hmac.compare_digest(one, other) for one in made for other in given)


def compares_text(body, header, secrets, now):
    pairs = [part.strip().split("=", 1) for part in header.split(",") if "=" in part]
    at = dict(pairs).get("t", "")
    if not at.isdigit() or not now - 300 <= int(at) <= now + 300:
        return False
    signed = at + "." + body.decode()
    for secret in secrets:
        expected = hmac.new(secret.encode(), signed.encode(), "sha256").hexdigest()
        if expected in [value for name, value in pairs if name == "v1"]:
            return True
    return False


for line in sys.stdin:
    it = json.loads(line)
    arguments = it["body"].encode(), it["headers"]["x-kirim-signature"], it["secrets"], it["now"]
    verdicts = [client(*arguments) for client in (compares_bytes, compares_text)]
    print(*("accepted" if verdict else "rejected" for verdict in verdicts))
