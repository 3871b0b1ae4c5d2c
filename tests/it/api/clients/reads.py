"""Reads all that can be read, through both clients. Each has every operation of the document."""

import datetime

from clients import by_og, by_opc, known, og_operations, opc_operations, plain

for operation in known["operations"]:
    assert plain(operation) in opc_operations, f"openapi-python-client left out {operation}"
    assert plain(operation) in og_operations, f"openapi-generator left out {operation}"
wrong = []
for operation, path, times in known["reads"]:
    times = {name: datetime.datetime.fromisoformat(time) for name, time in times.items()}
    for call in (by_opc, by_og):
        try:
            assert call(operation, *path, **times) is not None, "no answer"
        except Exception as error:
            wrong.append(f"{call.__name__} {operation}{path}: {type(error).__name__}: {error}"[:1000])
assert not wrong, "\n".join(wrong)
