"""What partners do, through both clients: a customer's phone, a file of customers, the events of its job."""

from clients import by_og, by_opc
from og import models as og
from opc import models as opc
from opc.types import File

ADDRESS = {"street1": "1 Main St", "city": "Escondido", "state": "CA", "zip": "92025"}
CUSTOMER = {"firstName": "Ada", "lastName": "Abbott", "type": "BUSINESS", "serviceAddress": ADDRESS}

# To change one thing changes nothing else.
new = {**CUSTOMER, "email": "opc@example.com"}
made = by_opc("createCustomer", body=opc.CreateCustomer.from_dict(new)).data
changed = by_opc("updateCustomer", made.id, body=opc.UpdateCustomer(phone="+1-555-0100")).data
assert (changed.phone, changed.type_.value) == ("+1-555-0100", "BUSINESS"), changed
assert by_opc("updateCustomer", made.id).data.phone == "+1-555-0100"
new = {**CUSTOMER, "email": "og@example.com"}
made = by_og("createCustomer", og.CreateCustomer.from_dict(new)).data
changed = by_og("updateCustomer", made.id, update_customer=og.UpdateCustomer(phone="+1-555-0100")).data
assert (changed.phone, changed.type.value) == ("+1-555-0100", "BUSINESS"), changed
assert by_og("updateCustomer", made.id).data.phone == "+1-555-0100"

# A file, of either format.
CSV = b"""email,firstName,lastName,serviceAddress.street1,serviceAddress.city,serviceAddress.state,serviceAddress.zip
%s@example.com,Ada,Abbott,1 Main St,Escondido,CA,92025
"""
NDJSON = b"""{"email":"%s@example.com","firstName":"Ada","lastName":"Abbott","serviceAddress":{"street1":"1 Main St",\
"city":"Escondido","state":"CA","zip":"92025"}}
"""


def follows(call, job):
    events = call("followBulkJob", job)
    assert "event: done" in events and '"succeeded":1' in events, events
    assert call("getBulkJob", job).data.progress.succeeded == 1


for name, file in [(b"csv", CSV), (b"ndjson", NDJSON)]:
    body = File(payload=file % (b"opc-" + name))
    follows(by_opc, by_opc("bulkCreateCustomersFromFile", body=body, dry_run=False).data.id)
    follows(by_og, by_og("bulkCreateCustomersFromFile", file % (b"og-" + name), dry_run=False).data.id)
