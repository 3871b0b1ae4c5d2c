"""What Schemathesis cannot know from a schema.

Times: of the years 0001 to 9999 in UTC; RFC 3339 can write some that are not.
Files: half of them have the form of a documented example, with cells changed; the others are any text or bytes.
Queries: values that no schema allows and that are read all the same, such as `True` and an empty text, are replaced.
Types of events: what answers name are often the platform's own, which nobody else may publish or ask for as theirs.
Null: an optional property of a body may be null, which counts as not given; the schemas do not say so, since they are
those of answers too. So a body with null in it is not necessarily one that has to be refused.
Properties: a schema allows unknown ones, but an object with no known property is refused as misspelt.
White space: a text of nothing else counts as empty.
An `Idempotency-Key` is new with each request: a key that came before rightly gets the answer of then, or 422.
"""

import csv
import datetime
import io
import json
import pathlib
import uuid

import schemathesis
from hypothesis import strategies as st

DOCUMENTS = pathlib.Path(__file__).parents[2] / "openapi"


def examples(kind):
    """The examples of bodies of this media type in all documents."""
    found = set()
    for file in DOCUMENTS.glob("*.json"):
        for path in json.loads(file.read_text())["paths"].values():
            for operation in filter(lambda one: isinstance(one, dict), path.values()):
                media = operation.get("requestBody", {}).get("content", {}).get(kind, {})
                found.add(media.get("example") or media.get("schema", {}).get("example"))
    return sorted(found - {None})


@st.composite
def csv_files(draw):
    """The header of an example; cells of its rows, or any."""
    header, *rows = csv.reader(io.StringIO(draw(st.sampled_from(examples("text/csv")))))
    cells = [st.one_of(st.sampled_from([row[at] for row in rows]), st.text(max_size=20)) for at in range(len(header))]
    file = io.StringIO()
    csv.writer(file).writerows([header, *draw(st.lists(st.tuples(*cells), max_size=20))])
    return file.getvalue().encode(errors="replace")


def objects(example):
    """The rows of a CSV file as objects; a dot in the name of a column is a step into one."""
    found = []
    for row in csv.DictReader(io.StringIO(example)):
        found.append({})
        for column, cell in row.items():
            *steps, name = column.split(".")
            inner = found[-1]
            for step in steps:
                inner = inner.setdefault(step, {})
            inner[name] = cell
    return found


@st.composite
def ndjson_files(draw):
    """The rows of an example as objects, each with a property changed or added."""
    lines = [json.dumps(one) for one in objects(draw(st.sampled_from(examples("text/csv"))))]
    scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20))
    values = []
    for line in draw(st.lists(st.sampled_from(lines), max_size=20)):
        value = json.loads(line)
        if draw(st.booleans()):
            value[draw(st.one_of(st.sampled_from(sorted(value)), st.text(max_size=5)))] = draw(scalars)
        values.append(value)
    return "".join(json.dumps(value) + "\n" for value in values).encode(errors="replace")


TIMES = st.datetimes(datetime.datetime(1, 1, 2), datetime.datetime(9999, 12, 30)).map(datetime.datetime.isoformat)
OFFSETS = st.sampled_from(["Z", "+00:00", "+14:00", "-09:30"])
schemathesis.openapi.format("date-time", st.builds(str.__add__, TIMES, OFFSETS))

ANYTHING = st.one_of(st.text(max_size=200).map(lambda text: text.encode(errors="replace")), st.binary(max_size=200))

if examples("text/csv"):
    schemathesis.openapi.media_type("text/csv", st.one_of(csv_files(), ANYTHING))
    schemathesis.openapi.media_type("application/octet-stream", st.one_of(csv_files(), ndjson_files(), ANYTHING))

LONGEST_KEY = 255


def own(kind):
    """A type that the platform does not record, where this is one that it may."""
    return f"own.{kind}" if isinstance(kind, str) and "." in kind else kind


def with_own_types(case):
    body = case.body if isinstance(case.body, dict) else {}
    if case.path == "/api/v1/events" and "eventType" in body:
        body["eventType"] = own(body["eventType"])
    if isinstance(body.get("customEvents"), list):
        body["customEvents"] = [own(kind) for kind in body["customEvents"]]


def has_null(value):
    """Whether a property in it is null."""
    if isinstance(value, dict):
        return any(item is None or has_null(item) for item in value.values())
    return isinstance(value, list) and any(map(has_null, value))


def has_blank(value):
    """Whether a text in it is white space, which counts as empty (docs/edge.md, Bodies)."""
    if isinstance(value, dict):
        return any(map(has_blank, value.values()))
    if isinstance(value, list):
        return any(map(has_blank, value))
    return isinstance(value, str) and value != "" and not value.strip()


def bodies():
    """The schemas of JSON bodies in all documents, with their document, by path and method."""
    found = {}
    for file in DOCUMENTS.glob("*.json"):
        document = json.loads(file.read_text())
        for path, item in document["paths"].items():
            for method, operation in item.items():
                content = operation.get("requestBody", {}).get("content", {})
                found[path, method] = document, content.get("application/json", {}).get("schema", {})
    return found


BODIES = bodies()


def resolved(document, schema):
    """The schema behind a reference, or of values other than null."""
    if "$ref" in schema:
        return resolved(document, document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    others = [one for one in schema.get("anyOf", []) if one.get("type") != "null"]
    return resolved(document, others[0]) if len(others) == 1 else schema


def has_only_unknown(document, schema, value):
    """Whether an object in it has properties, none of which is documented."""
    schema = resolved(document, schema)
    if isinstance(value, list):
        return any(has_only_unknown(document, schema.get("items", {}), item) for item in value)
    known = schema.get("properties", {})
    if not isinstance(value, dict) or not known:
        return False
    return bool(value) and known.keys().isdisjoint(value) or any(
        has_only_unknown(document, known[name], item) for name, item in value.items() if name in known
    )


def as_sent(body):
    """The body without properties that are null (see before_call)."""
    return {name: value for name, value in body.items() if value is not None} if isinstance(body, dict) else body


def is_refused_all_the_same(case):
    """Whether the server refuses a body that its schema allows."""
    document, schema = BODIES.get((case.path, case.method.lower()), ({}, {}))
    body = as_sent(case.body)
    return has_blank(body) or has_only_unknown(document, schema, body)


@schemathesis.hook
def filter_case(context, case):
    is_negative = case.meta is not None and case.meta.generation.mode.is_negative
    return not (has_null(case.body) if is_negative else is_refused_all_the_same(case))


def queries():
    """The schemas of query parameters in all documents, by path, method and name."""
    found = {}
    for file in DOCUMENTS.glob("*.json"):
        for path, item in json.loads(file.read_text())["paths"].items():
            for method, operation in item.items():
                parameters = [one for one in operation.get("parameters", []) if one.get("in") == "query"]
                found[path, method] = {one["name"]: one["schema"] for one in parameters}
    return found


QUERIES = queries()
# Too long, and of no type but text.
REFUSED = "x" * 1000


def is_read_all_the_same(schema, value):
    """Whether the server reads a value that the schema does not allow (docs/edge.md, Queries)."""
    if value == "":
        return schema.get("type") != "string" or not schema.keys().isdisjoint({"minLength", "format", "pattern", "enum"})
    is_boolean = "boolean" in schema.get("type", [])
    return is_boolean and not isinstance(value, bool) and str(value).lower() in {"true", "false", "0", "1"}


def with_refused_queries(case):
    schemas = QUERIES.get((case.path, case.method.lower()), {})
    for name, value in (case.query or {}).items():
        if value != "true" and value != "false" and is_read_all_the_same(schemas.get(name, {"type": "string"}), value):
            case.query[name] = REFUSED


def without_nulls(case):
    """What an answer has shown as null comes back so, where a scenario goes on with it: it is left out."""
    if isinstance(case.body, dict):
        case.body = as_sent(case.body)


@schemathesis.hook
def before_call(context, case, kwargs):
    without_nulls(case)
    with_own_types(case)
    with_refused_queries(case)
    key, suffix = (case.headers or {}).get("Idempotency-Key"), f"-{uuid.uuid4().hex}"
    # What is no key by its schema stays as it is.
    if isinstance(key, str) and 0 < len(key) <= LONGEST_KEY:
        case.headers["Idempotency-Key"] = key[: LONGEST_KEY - len(suffix)] + suffix
