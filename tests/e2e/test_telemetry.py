"""What a platform team watches lazuli by: Prometheus's scraper at the TCP address of lazuli.yaml, and a collector of
traces, each read with the project's own parser (prometheus_client, opentelemetry-proto)."""

import http.server
import json
import queue
import threading
import urllib.request

import pytest

import conftest
import harness

NAME, GROUP = "telemetryaccount", "telemetry"
SECRET = "the prompt's own words"
PARENT = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")

# Runs where the packages are: metrics on standard input, and the collector's bodies as a list of JSON texts in a file.
READ_METRICS = """
import json, sys
from prometheus_client.parser import text_string_to_metric_families
print(json.dumps([[family.name, family.type, family.documentation, [[s.name, s.labels, s.value] for s in family.samples]]
                  for family in text_string_to_metric_families(sys.stdin.read())]))
"""
READ_TRACES = """
import base64, json, sys
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
def ids_as_bytes(value):  # OTLP's JSON writes ids in hexadecimal, where protobuf's own has Base64
    if isinstance(value, list):
        return [ids_as_bytes(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: base64.b64encode(bytes.fromhex(item)).decode() if name in ("traceId", "spanId", "parentSpanId")
            else ids_as_bytes(item) for name, item in value.items()}
def plain(value):
    return getattr(value, value.WhichOneof("value"))
out = []
for body in json.load(sys.stdin):
    request = json_format.ParseDict(ids_as_bytes(json.loads(body)), ExportTraceServiceRequest())
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                out.append({"name": span.name, "kind": span.kind, "trace": span.trace_id.hex(), "id": span.span_id.hex(),
                            "parent": span.parent_span_id.hex(), "state": span.trace_state, "error": span.status.code,
                            "nanoseconds": span.end_time_unix_nano - span.start_time_unix_nano,
                            "attributes": {one.key: plain(one.value) for one in span.attributes}})
print(json.dumps(out))
"""


class Recorder(http.server.BaseHTTPRequestHandler):
    """Both the collector and the engine: keeps what is sent to it, and answers as an engine does."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.put((self.path, dict(self.headers), body.decode()))
        answer = json.dumps({"choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "ok"}}],
                             "usage": {"prompt_tokens": 7, "completion_tokens": 2}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def recorder():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    server.got = queue.Queue()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def watched(program, az, recorder):
    url = f"http://127.0.0.1:{recorder.server_port}"
    config = f"""
engines:
  - {{kind: url, url: "{url}/v1"}}
metrics: {{listen: "127.0.0.1:0"}}
telemetry:
  endpoint: "{url}"
  headers: {{x-team-key: a secret of ours}}
"""
    yield from conftest.fresh_instance(az, config=config)


@pytest.fixture(scope="module")
def python():
    return harness.script("fetch-python-packages.sh", str(harness.ROOT / "tests/e2e/openai_sdk/today.txt"))


def test_a_scraper_and_a_collector_see_the_call_and_not_what_it_said(watched, recorder, python):
    watched.az(f"group create -n {GROUP} -l eastus")
    watched.az(f"cognitiveservices account create -g {GROUP} -n {NAME} -l eastus --kind OpenAI --sku s0 --custom-domain {NAME}")
    watched.az(f"cognitiveservices account deployment create -g {GROUP} -n {NAME} --deployment-name Chat --model-name gpt-4o"
               " --model-version 2024-11-20 --model-format OpenAI --sku-name Standard --sku-capacity 10")
    key = watched.az(f"cognitiveservices account keys list -g {GROUP} -n {NAME}")["key1"]
    question = json.dumps({"messages": [{"role": "user", "content": SECRET}], "max_tokens": 5})
    watched.sh(
        f"curl -sSf https://{NAME}.openai.azure.com/openai/deployments/Chat/chat/completions?api-version=2024-10-21"
        f" -H 'api-key: {key}' -H 'traceparent: 00-{PARENT[0]}-{PARENT[1]}-01' -H 'tracestate: vendor=opaque'"
        " -H 'Content-Type: application/json' -d @-", stdin=question)

    where = watched.status()["metrics"]
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(where) as answer:
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        text = answer.read().decode()
    families = {name: (kind, documentation, samples)
                for name, kind, documentation, samples in json.loads(run(python, READ_METRICS, text))}
    assert all(documentation for _, documentation, _ in families.values())
    labels = {"account": NAME, "deployment": "Chat"}
    assert ["lazuli_openai_requests_total", labels | {"operation": "ChatCompletions_Create", "status": "200"}, 1.0] in \
        families["lazuli_openai_requests"][2]
    assert ["lazuli_openai_tokens_total", labels | {"identity": "key1", "kind": "prompt"}, 7.0] in families["lazuli_openai_tokens"][2]
    assert families["lazuli_openai_request_duration_seconds"][0] == "histogram"

    watched.down()  # sends the spans that it still has
    calls = [recorder.got.get(timeout=10) for _ in range(recorder.got.qsize())]
    engine = [headers for path, headers, _ in calls if path == "/v1/chat/completions"]
    traces = [(headers, body) for path, headers, body in calls if path == "/v1/traces"]
    assert len(engine) == 1 and traces
    assert all(headers["x-team-key"] == "a secret of ours" and SECRET not in body for headers, body in traces)
    assert "a secret of ours" not in watched.log()

    spans = json.loads(run(python, READ_TRACES, json.dumps([body for _, body in traces])))
    (server,), (client,) = ([span for span in spans if span["kind"] == kind] for kind in (2, 3))
    assert server["name"] == "POST /openai/deployments/{deployment}/chat/completions"
    assert (server["trace"], server["parent"], server["state"]) == (*PARENT, "vendor=opaque")
    assert server["attributes"]["http.response.status_code"] == 200 and server["attributes"]["enduser.id"] == "key1"
    assert client["name"] == "chat gpt-4o" and client["parent"] == server["id"] and client["trace"] == PARENT[0]
    assert client["attributes"]["gen_ai.operation.name"] == "chat"
    assert client["attributes"]["gen_ai.usage.input_tokens"] == 7 and client["attributes"]["gen_ai.request.max_tokens"] == 5
    assert 0 < client["nanoseconds"] <= server["nanoseconds"]
    assert engine[0]["traceparent"] == f"00-{PARENT[0]}-{client['id']}-01" and engine[0]["tracestate"] == "vendor=opaque"


def run(python, code, stdin):
    return harness.run(f"{python} -c '{code.replace(chr(39), chr(39) + chr(92) + chr(39) * 2)}'", stdin=stdin).out


def test_a_file_that_cannot_be_used_is_named_with_its_line(watched):
    file = watched.home / "wrong.yaml"
    file.write_text("offline: true\nengines:\n  - kind: url\n    url: http://127.0.0.1:1/v1\n    timout: 5\n")
    said = watched.lazuli(f"config check {file} --output json", check=False)
    assert said.code == 1 and said.json()["error"]["key"] == "engines[0].timout"
    for command in (f"config check {file}", f"up --detach --config {file}"):
        refused = watched.lazuli(command, check=False)
        assert refused.code == 1
        assert refused.err.strip() == f"lazuli: {file}, line 5: engines[0].timout: is not known here. Did you mean 'timeout'?"
    file.write_text("offline: true\n")
    assert "can be used" in watched.lazuli(f"config check {file}").out
