"""What vendors do, through both clients: a token, at the address that the client makes, and a simulated order."""

from clients import by_og, by_opc, known
from opc import models as opc
from opc import Client
from opc.api.authentication import create_token

CLIENT = {"client_id": known["client_id"], "client_secret": known["client_secret"]}
GRANT = {"grant_type": "client_credentials", "audience": "api://provisioning"}

form = opc.TokenRequest.from_dict({**CLIENT, **GRANT})
answer = create_token.sync(client=Client(known["server"], raise_on_unexpected_status=True), body=form)
assert answer.access_token.count(".") == 2, answer
assert by_og("createToken", **GRANT, **CLIENT).access_token.count(".") == 2

# Everything of an order may be left out.
assert by_opc("createOrderEvent").provision_request.quantity >= 0
assert by_og("createOrderEvent").provision_request.quantity >= 0
