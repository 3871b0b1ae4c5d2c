"""A vendor's program, over a client that was generated from the contract: `generated.py CONTRACT ADDRESS`.

The client's id and secret are in the environment. It takes an order from its webhook to a result, by every operation
that the contract has, and says `done` when everything was as it should be.
"""

import http.server
import importlib
import json
import os
import pkgutil
import queue
import sys
import threading
import time
from uuid import UUID

import httpx
from vendor_client import AuthenticatedClient, api, models

CONTRACT, ADDRESS = sys.argv[1:]
PATIENCE = 60
arrived = queue.Queue()
left = {module.name for module in pkgutil.walk_packages(api.__path__, api.__name__ + ".") if not module.ispkg}


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        arrived.put((self.headers, json.loads(body)))
        self.send_response(204)
        self.end_headers()


def here(address):
    """One of the contract's addresses, with this platform in the place of its host."""
    return f"{ADDRESS}/vendor{httpx.URL(address).path}"


def token(contract):
    flow = contract["components"]["securitySchemes"]["OAuth2"]["flows"]["clientCredentials"]
    form = {
        "grant_type": "client_credentials",
        "audience": "api://provisioning",
        "client_id": os.environ["CLIENT_ID"],
        "client_secret": os.environ["CLIENT_SECRET"],
    }
    answer = httpx.post(here(flow["tokenUrl"]), data=form).raise_for_status().json()
    assert answer["scope"] in flow["scopes"], answer
    return answer["access_token"]


def call(operation, *arguments, **more):
    """The answer of an operation of the client, which is all there: as it came, and read again."""
    [name] = [name for name in known if name.endswith(f".{operation}")]
    left.discard(name)
    answer = importlib.import_module(name).sync_detailed(*arguments, client=client, **more)
    assert answer.status_code == 200 and answer.parsed is not None, answer
    sent, read = json.loads(answer.content), answer.parsed.to_dict()
    assert sent.keys() == read.keys(), (operation, sent, read)
    return answer.parsed


def when(condition, operation, *arguments):
    """The answer of an operation, once the condition holds of it."""
    end = time.monotonic() + PATIENCE
    while not condition(answer := call(operation, *arguments)):
        assert time.monotonic() < end, answer
        time.sleep(0.05)
    return answer


def ids(page):
    return [one.id for one in page.content]


known = frozenset(left)
with open(CONTRACT) as file:
    contract = json.load(file)
client = AuthenticatedClient(
    base_url=here(contract["servers"][0]["url"]), token=token(contract), raise_on_unexpected_status=True
)
receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=receiver.serve_forever, daemon=True).start()

# A webhook.
[provisioner] = ids(call("get_all_provisioners"))
assert call("get_one_provisioner", provisioner).id == provisioner
wanted = models.WebhookCreate(
    url=f"http://127.0.0.1:{receiver.server_port}/orders", shared_secret=models.SharedSecretCreate(header="X-Secret")
)
webhook = call("create_webhook_for_provisioner", provisioner, body=wanted)
assert ids(call("get_all_webhooks_for_provisioner", provisioner)) == [webhook.id]
for shown in [
    call("get_one_webhook_for_provisioner", provisioner, webhook.id),
    call("get_latest_webhook_for_provisioner", provisioner),
]:
    assert (shown.id, shown.url) == (webhook.id, wanted.url), shown

# An order, simulated.
order = models.ProvisionTestingOrderEvent(
    provision_request=models.ProvisionRequest(type_=models.ProvisionRequestType.NETNEW, quantity=7)
)
made = call("create_order_event", body=order)
request = made.provision_request.id
headers, body = arrived.get(timeout=PATIENCE)
assert headers["X-Secret"] == webhook.shared_secret.credential
told = models.ProvisionTestingOrderEvent.from_dict(body)
assert (told.provision_request.id, told.provision_request.quantity) == (request, 7), body
assert told.provision_request.type_ is models.ProvisionRequestType.NETNEW, body
assert call("get_latest_provision_detail", request).details == told.provision_detail.details
assert ids(call("get_all_provision_details", request)) == [told.provision_detail.id]
assert call("get_one_provision_detail", request, told.provision_detail.id).provision_request_id == request
attempt = when(lambda it: it.status == "Acknowledged", "get_latest_provision_attempt", request)
assert (attempt.id, attempt.webhook_id) == (told.provision_attempt.id, webhook.id), attempt
assert ids(call("get_all_provision_requests")) == [request]
assert ids(call("get_all_unfulfilled_provision_requests")) == [request]
assert call("get_one_provision_request", request) == made.provision_request

# Once more.
again = call("create_attempt_for_request", request)
_, body = arrived.get(timeout=PATIENCE)
assert UUID(body["provisionAttempt"]["id"]) == again.id, body
assert set(ids(call("get_all_provision_attempts", request))) == {attempt.id, again.id}
assert call("get_one_provision_attempt", request, again.id).provision_detail_id == told.provision_detail.id

# The result.
metadata = models.ProvisionResultMetadata.from_dict({"note": {"text": "as ordered"}})
result = models.ProvisionResult(
    status=models.ProvisionResultStatus.SUCCESS,
    provision_attempt_id=again.id,
    external_provisioner_subscription_id="sub-4711_a",
    metadata=metadata,
)
kept = call("create_provision_result", request, body=result)
result.id = kept.id
for shown in [
    kept,
    call("get_latest_provision_result", request),
    call("get_one_provision_result", request, kept.id),
    *call("get_all_provision_results", request, provision_attempt_id=again.id).content,
]:
    assert shown == result, (shown, result)
assert ids(call("get_all_provision_results", request, provision_attempt_id=attempt.id)) == []
assert ids(call("get_all_unfulfilled_provision_requests")) == []

assert not left, left
print("done")
