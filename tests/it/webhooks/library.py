"""Of deliveries, a line of JSON each with `secret`, `headers` and `body`: what the library says, a line each."""

import json
import sys

from standardwebhooks import Webhook, WebhookVerificationError

for line in sys.stdin:
    delivery = json.loads(line)
    try:
        event = Webhook(delivery["secret"]).verify(delivery["body"], delivery["headers"])
        print("verified", event["type"])
    except WebhookVerificationError as refusal:
        print("refused:", refusal)
