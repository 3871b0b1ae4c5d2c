"""The clients of one contract, and how to call them: `opc` by openapi-python-client, `og` by openapi-generator.

The folders that they are in are the program's arguments. Standard input has, as JSON, the server's address, a secret,
and what else the program is to know.
"""

import importlib
import json
import pkgutil
import sys

sys.path[:0] = sys.argv[1:]
import og
import opc

known = json.load(sys.stdin)


def plain(name):
    return "".join(letter for letter in name.lower() if letter.isalnum())


def modules(package):
    found = pkgutil.walk_packages(package.__path__, package.__name__ + ".")
    return [importlib.import_module(one.name) for one in found]


def operations_of_opc():
    return {plain(one.__name__.rsplit(".", 1)[1]): one.sync_detailed for one in modules(opc) if hasattr(one, "sync_detailed")}


def operations_of_og():
    client = og.ApiClient(og.Configuration(host=known["server"]))
    client.set_default_header("Authorization", "Bearer " + known["secret"])
    names = {name for module in modules(og) for name in dir(module) if name.endswith("Api")}
    apis = [getattr(og, name)(client) for name in names]
    return {plain(name): getattr(api, name) for api in apis for name in dir(api) if not name.startswith("_")}


opc_client = opc.AuthenticatedClient(known["server"], token=known["secret"], raise_on_unexpected_status=True)
opc_operations, og_operations = operations_of_opc(), operations_of_og()


def by_opc(operation, *arguments, **more):
    """The answer, which is a success and could be read."""
    answer = opc_operations[plain(operation)](*arguments, client=opc_client, **more)
    assert answer.status_code in range(200, 300) and answer.parsed is not None, answer
    assert not type(answer.parsed).__name__.startswith("Error"), answer
    return answer.parsed


def by_og(operation, *arguments, **more):
    """The answer, which is a success and could be read: all else raises."""
    return og_operations[plain(operation)](*arguments, **more)
