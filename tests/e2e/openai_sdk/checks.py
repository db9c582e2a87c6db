"""What the openai package does against the managed engine, each as an application would: run by pytest in an environment
with that package (see test_openai_sdk.py), once for each way to sign in. What a small model says is not judged, only that
its form is the one that was asked for.
"""

import base64
import functools
import json
import os
import struct
import time

import azure.identity
import jsonschema
import openai
import pytest

ENDPOINT = os.environ["LAZULI_ENDPOINT"]
SCOPE = "https://cognitiveservices.azure.com/.default"
TODAY = int(openai.__version__.split(".")[0]) > 1
today = pytest.mark.skipif(not TODAY, reason="is not in openai 1.1.1")

QUESTION = [{"role": "user", "content": "Describe a small red house in one sentence."}]
HOUSE = {
    "type": "object",
    "properties": {
        "color": {"type": "string", "enum": ["red", "blue"]},
        "rooms": {"type": "integer", "minimum": 0, "maximum": 99},
        "owner": {"anyOf": [{"type": "string", "maxLength": 12}, {"type": "null"}]},
        "tags": {"type": "array", "items": {"$ref": "#/$defs/tag"}, "maxItems": 3},
    },
    "required": ["color", "rooms", "owner", "tags"],
    "additionalProperties": False,
    "$defs": {"tag": {"type": "string", "maxLength": 8}},
}
STRICT = {"type": "json_schema", "json_schema": {"name": "house", "strict": True, "schema": HOUSE}}
WEATHER = {
    "type": "object",
    "properties": {"city": {"$ref": "#/$defs/city"}, "unit": {"type": "string", "enum": ["C", "F"]}},
    "required": ["city", "unit"],
    "additionalProperties": False,
    "$defs": {"city": {"type": "string", "enum": ["Paris", "Rome"]}},
}
TIME = {"type": "object", "properties": {"zone": {"type": "string", "enum": ["CET", "UTC"]}}, "required": ["zone"]}
TOOLS = [
    {"type": "function", "function": {"name": "get_weather", "strict": True, "parameters": WEATHER}},
    {"type": "function", "function": {"name": "get_time", "description": "The time.", "parameters": TIME}},
]
PARAMETERS = {"get_weather": WEATHER, "get_time": TIME}
ASKED = [{"role": "user", "content": "What is the weather in Paris, and what time is it there?"}]


def token_provider():
    credential = azure.identity.ClientSecretCredential(
        os.environ["LAZULI_TENANT"], os.environ["LAZULI_CLIENT"], os.environ["LAZULI_SECRET"])
    return azure.identity.get_bearer_token_provider(credential, SCOPE)


def azure_client(entra):
    signed_in = {"azure_ad_token_provider": token_provider()} if entra else {"api_key": os.environ["LAZULI_KEY"]}
    return openai.AzureOpenAI(azure_endpoint=ENDPOINT, api_version="2024-10-21", max_retries=0, **signed_in)


def v1_client(entra):
    key = token_provider() if entra else os.environ["LAZULI_KEY"]
    return openai.OpenAI(base_url=f"{ENDPOINT}/openai/v1/", api_key=key, max_retries=0)


@pytest.fixture(scope="session")
def client():
    return azure_client(entra=True)


@pytest.fixture(scope="session")
def v1():
    return v1_client(entra=False)


def chat(client, messages=QUESTION, **more):
    more.setdefault("max_tokens", 40)
    return client.chat.completions.create(model="Chat", messages=messages, **more)


def refusal(call):
    with pytest.raises(openai.BadRequestError) as raised:
        call()
    return raised.value.response.json()["error"]


# --- signing in


@pytest.mark.parametrize("entra", [False, True], ids=["key", "entra"])
@pytest.mark.parametrize("make", [azure_client, pytest.param(v1_client, marks=today)])
def test_signs_in(make, entra):
    answer = chat(make(entra), max_tokens=5)
    assert answer.choices[0].message.content and answer.model == "gpt-4o-2024-11-20"
    assert answer.model_extra["prompt_filter_results"] if TODAY else True


def test_a_wrong_key_is_an_authentication_error():
    with pytest.raises(openai.AuthenticationError):
        chat(openai.AzureOpenAI(azure_endpoint=ENDPOINT, api_version="2024-10-21", api_key="wrong", max_retries=0))


# --- the form of an answer


def test_json_mode(client):
    messages = [{"role": "user", "content": "Answer in JSON with the keys color and size."}]
    answer = chat(client, messages, response_format={"type": "json_object"}, max_tokens=300, seed=1, temperature=0)
    assert isinstance(json.loads(answer.choices[0].message.content), dict)
    error = refusal(lambda: chat(client, response_format={"type": "json_object"}))
    assert error["param"] == "messages" and "'json'" in error["message"]


def test_structured_output(client):
    answer = chat(client, response_format=STRICT, max_tokens=300)
    jsonschema.validate(json.loads(answer.choices[0].message.content), HOUSE)


def test_structured_output_streamed(client):
    chunks = chat(client, response_format=STRICT, max_tokens=300, stream=True)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    jsonschema.validate(json.loads(text), HOUSE)


@today
def test_a_class_of_pydantics(client):
    import pydantic

    class House(pydantic.BaseModel):
        color: str = pydantic.Field(max_length=20)
        rooms: int

    answer = client.chat.completions.parse(model="Chat", messages=QUESTION, response_format=House, max_tokens=300)
    assert isinstance(answer.choices[0].message.parsed, House)
    with client.chat.completions.stream(model="Chat", messages=QUESTION, response_format=House, max_tokens=300) as stream:
        assert [event.type for event in stream][-1] == "content.done"
        assert isinstance(stream.get_final_completion().choices[0].message.parsed, House)


def test_schemas_that_are_not_strict_are_refused(client):
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    error = refusal(lambda: chat(client, response_format={
        "type": "json_schema", "json_schema": {"name": "loose", "strict": True, "schema": schema}}))
    assert error["param"] == "response_format"
    assert error["message"] == ("Invalid schema for response_format 'loose': In context=(), 'additionalProperties' is required"
                                " to be supplied and to be false.")


# --- tools


def check_calls(calls):
    assert calls
    for call in calls:
        assert call.type == "function" and call.id.startswith("call_")
        jsonschema.validate(json.loads(call.function.arguments), PARAMETERS[call.function.name])


def gathered(chunks):
    """The calls of a stream as {index: [id, name, arguments]}, and why it ended."""
    calls, reason = {}, None
    for chunk in chunks:
        for choice in chunk.choices:
            reason = choice.finish_reason or reason
            for piece in choice.delta.tool_calls or []:
                call = calls.setdefault(piece.index, ["", "", ""])
                call[0] += piece.id or ""
                call[1] += piece.function.name or ""
                call[2] += piece.function.arguments or ""
    return calls, reason


@pytest.mark.parametrize("name", PARAMETERS)
def test_one_function_is_forced(client, name):
    choice = {"type": "function", "function": {"name": name}}
    answer = chat(client, ASKED, tools=TOOLS, tool_choice=choice, max_tokens=200).choices[0]
    assert answer.finish_reason == "stop" and answer.message.content is None
    assert [call.function.name for call in answer.message.tool_calls] == [name]
    check_calls(answer.message.tool_calls)

    calls, reason = gathered(chat(client, ASKED, tools=TOOLS, tool_choice=choice, max_tokens=200, stream=True))
    assert reason == "stop" and list(calls) == [0] and calls[0][0].startswith("call_") and calls[0][1] == name
    jsonschema.validate(json.loads(calls[0][2]), PARAMETERS[name])


def test_some_function_is_required(client):
    answer = chat(client, ASKED, tools=TOOLS, tool_choice="required", max_tokens=300).choices[0]
    assert answer.finish_reason == "tool_calls" and 1 <= len(answer.message.tool_calls) <= 2
    check_calls(answer.message.tool_calls)
    calls, reason = gathered(chat(client, ASKED, tools=TOOLS, tool_choice="required", max_tokens=300, stream=True))
    assert reason == "tool_calls" and sorted(calls) == list(range(len(calls)))
    for _, name, arguments in calls.values():
        jsonschema.validate(json.loads(arguments), PARAMETERS[name])
    if TODAY:
        answer = chat(client, ASKED, tools=TOOLS, tool_choice="required", parallel_tool_calls=False, max_tokens=300)
        assert len(answer.choices[0].message.tool_calls) == 1


def test_a_conversation_with_a_tools_answer(client):
    call = {"id": "call_1", "type": "function", "function": {"name": "get_time", "arguments": '{"zone": "CET"}'}}
    messages = [*ASKED, {"role": "assistant", "content": None, "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "call_1", "content": "12:00"}]
    assert chat(client, messages, tools=TOOLS, tool_choice="none").choices[0].message.content


def test_choices_among_tools_that_make_no_sense_are_refused(client):
    error = refusal(lambda: chat(client, tools=TOOLS, tool_choice={"type": "function", "function": {"name": "nobody"}}))
    assert error["param"] == "tool_choice" and "nobody" in error["message"]
    assert "only allowed when 'tools'" in refusal(lambda: chat(client, tool_choice="auto"))["message"]
    broken = [{"type": "function", "function": {"name": "f", "parameters": {"type": "array"}}}]
    assert refusal(lambda: chat(client, tools=broken))["code"] == "invalid_function_parameters"


# --- sampling


@today
def test_logprobs(client):
    def check(tokens, most):
        for token in tokens:
            assert token.logprob <= 0 and bytes(token.bytes).decode(errors="replace") == token.token
            assert len(token.top_logprobs) == most and "id" not in (token.model_extra or {})

    for most in (0, 2):
        more = {"logprobs": True, "max_tokens": 3} | ({"top_logprobs": most} if most else {})
        tokens = chat(client, **more).choices[0].logprobs.content
        assert len(tokens) == 3
        check(tokens, most)
        chunks = [choice for chunk in chat(client, stream=True, **more) for choice in chunk.choices]
        streamed = [token for choice in chunks if choice.logprobs for token in choice.logprobs.content]
        assert len(streamed) == 3
        check(streamed, most)
    assert refusal(lambda: chat(client, top_logprobs=2))["param"] == "top_logprobs"


def test_the_same_seed_says_the_same(client):
    def said(seed):
        return chat(client, seed=seed, temperature=1.3, max_tokens=20).choices[0].message.content

    assert said(7) == said(7)
    assert len({said(seed) for seed in range(3)}) > 1


def test_it_stops_where_it_is_told(client):
    full = chat(client, temperature=0, max_tokens=30).choices[0].message.content
    word = full.split()[3]
    answer = chat(client, temperature=0, max_tokens=30, stop=[word]).choices[0]
    assert answer.finish_reason == "stop" and full.startswith(answer.message.content) and word not in answer.message.content


def test_two_choices(client):
    answer = chat(client, n=2, temperature=1, max_tokens=8)
    assert [choice.index for choice in answer.choices] == [0, 1]
    assert 8 < answer.usage.completion_tokens <= 16
    ended = {}
    for chunk in chat(client, n=2, temperature=1, max_tokens=4, stream=True):
        for choice in chunk.choices:
            ended[choice.index] = choice.finish_reason or ended.get(choice.index)
    assert ended.keys() == {0, 1} and all(ended.values())


@pytest.mark.parametrize("limit", ["max_tokens", pytest.param("max_completion_tokens", marks=today)])
def test_an_answer_that_is_too_long_is_cut(client, limit):
    answer = client.chat.completions.create(model="Chat", messages=QUESTION, **{limit: 3})
    assert answer.choices[0].finish_reason == "length" and answer.usage.completion_tokens == 3


@today
def test_usage_at_the_end_of_a_stream(client):
    *others, last = chat(client, max_tokens=3, stream=True, stream_options={"include_usage": True})
    assert last.choices == [] and last.usage.completion_tokens == 3
    assert all(chunk.usage is None for chunk in others)
    assert all(chunk.usage is None for chunk in chat(client, max_tokens=3, stream=True))


# --- embeddings, completions


def test_embeddings_are_the_same_numbers_in_both_forms(client):
    def vector(form):
        return client.embeddings.create(model="Embed", input=["a red house", "two"], encoding_format=form).data[0].embedding

    numbers, packed = vector("float"), vector("base64")
    if isinstance(packed, str):
        packed = struct.unpack(f"<{len(numbers)}f", base64.b64decode(packed))
    assert len(numbers) == 384 and numbers == pytest.approx(list(packed), abs=1e-6)
    by_default = client.embeddings.create(model="Embed", input="a red house")
    assert by_default.data[0].embedding == pytest.approx(numbers, abs=1e-6) and by_default.usage.prompt_tokens > 2
    assert client.embeddings.create(model="Embed", input=[1037, 2417, 2160]).usage.prompt_tokens == 3


def complete(client, prompt="Once upon a time", **more):
    more.setdefault("max_tokens", 5)
    return client.completions.create(model="Instruct", prompt=prompt, **more)


def test_completions(client):
    answer = complete(client, n=2, temperature=1)
    assert answer.object == "text_completion" and [choice.index for choice in answer.choices] == [0, 1]
    assert len(complete(client, ["One", "Two"]).choices) == 2
    assert complete(client, max_tokens=None).usage.completion_tokens == 16
    chunks = list(complete(client, stream=True))
    assert "".join(choice.text for chunk in chunks for choice in chunk.choices)
    assert [choice.finish_reason for choice in chunks[-1].choices] == ["length"]


def test_logprobs_of_a_completion(client):
    def check(logprobs, text):
        assert "".join(logprobs.tokens) == text and len(logprobs.token_logprobs) == len(logprobs.tokens)
        assert all(2 == len(top) for top in logprobs.top_logprobs)
        assert logprobs.text_offset[0] == len("Once upon a time")

    choice = complete(client, logprobs=2, temperature=0).choices[0]
    check(choice.logprobs, choice.text)
    pieces = [choice for chunk in complete(client, logprobs=2, temperature=0, stream=True) for choice in chunk.choices]
    offsets = [offset for piece in pieces if piece.logprobs for offset in piece.logprobs.text_offset]
    assert offsets == choice.logprobs.text_offset


@pytest.mark.parametrize("name, value", [("echo", True), ("suffix", "the end"), ("best_of", 2)])
def test_what_the_engine_cannot_do_is_refused(client, name, value):
    assert refusal(lambda: complete(client, **{name: value}))["param"] == name


# --- responses


def respond(v1, **more):
    return v1.responses.create(model="Chat", **{"input": "Describe a house.", "max_output_tokens": 40, **more})


@today
def test_responses_have_the_form_that_is_asked_for(v1):
    import pydantic

    class House(pydantic.BaseModel):
        color: str = pydantic.Field(max_length=20)
        rooms: int

    form = {"type": "json_schema", "name": "house", "strict": True, "schema": HOUSE}
    jsonschema.validate(json.loads(respond(v1, text={"format": form}, max_output_tokens=300).output_text), HOUSE)
    more = {"input": 'Repeat this JSON: {"color": "red"}', "text": {"format": {"type": "json_object"}}, "temperature": 0}
    assert isinstance(json.loads(respond(v1, max_output_tokens=400, **more).output_text), dict)
    parsed = v1.responses.parse(model="Chat", input="A house", text_format=House, max_output_tokens=300)
    assert isinstance(parsed.output_parsed, House)
    with v1.responses.stream(model="Chat", input="A house", text_format=House, max_output_tokens=300) as stream:
        assert [event.type for event in stream][-1] == "response.completed"
        assert isinstance(stream.get_final_response().output_parsed, House)
    cut = respond(v1, max_output_tokens=16)
    assert cut.status == "incomplete" and cut.incomplete_details.reason == "max_output_tokens"


@today
def test_a_streamed_responses_events(v1):
    events = list(respond(v1, stream=True))
    kinds = [event.type for event in events]
    assert kinds[:4] == ["response.created", "response.in_progress", "response.output_item.added", "response.content_part.added"]
    assert kinds[-4:-1] == ["response.output_text.done", "response.content_part.done", "response.output_item.done"]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text == events[-1].response.output_text and events[-1].response.usage.output_tokens > 0


@today
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_responses_function_calls(v1, stream):
    tools = [{"type": "function", "strict": True, **TOOLS[0]["function"]}]
    for choice in ({"type": "function", "name": "get_weather"}, "required"):
        answer = respond(v1, tools=tools, tool_choice=choice, max_output_tokens=200, stream=stream)
        if stream:
            *events, last = answer
            answer = last.response
            done = [event for event in events if event.type == "response.function_call_arguments.done"]
            assert [event.arguments for event in done] == [answer.output[0].arguments]
        (call,) = answer.output
        assert call.type == "function_call" and call.name == "get_weather" and call.call_id.startswith("call_")
        jsonschema.validate(json.loads(call.arguments), WEATHER)
    told = [{"role": "user", "content": "The weather?"}, call.model_dump(exclude_none=True),
            {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}]
    assert respond(v1, input=told).output_text


@today
def test_a_response_goes_on_from_another(v1):
    first = respond(v1, input="My name is Ada.")
    second = respond(v1, input="What is my name?", previous_response_id=first.id)
    assert second.previous_response_id == first.id and second.usage.input_tokens > first.usage.input_tokens
    assert v1.responses.retrieve(second.id).output_text == second.output_text
    v1.responses.delete(second.id)
    with pytest.raises(openai.NotFoundError):
        v1.responses.retrieve(second.id)
    error = refusal(lambda: respond(v1, previous_response_id="resp_unknown"))
    assert error["code"] == "previous_response_not_found"


@today
def test_a_response_in_the_background(v1):
    queued = respond(v1, background=True)
    assert queued.status == "queued" and not queued.output
    deadline = time.monotonic() + 60
    while (made := v1.responses.retrieve(queued.id)).status == "in_progress" and time.monotonic() < deadline:
        time.sleep(0.1)
    assert made.status in ("completed", "incomplete")
    with v1.responses.stream(model="Chat", input="Describe a house.", background=True, max_output_tokens=400) as stream:
        first = [event for event, _ in zip(stream, range(6))]
    made = first[0].response.id
    with v1.responses.stream(response_id=made, starting_after=5) as stream:
        assert next(iter(stream)).sequence_number == 6
    events = list(v1.responses.retrieve(made, stream=True, starting_after=5))
    assert [event.sequence_number for event in events] == list(range(6, 6 + len(events)))
    assert events[-1].response.output_text == v1.responses.retrieve(made).output_text
    long = respond(v1, background=True, max_output_tokens=4000)
    assert v1.responses.cancel(long.id).status == "cancelled"
    error = refusal(lambda: list(v1.responses.retrieve(respond(v1).id, stream=True)))
    assert error["param"] == "stream"


@today
def test_a_conversation_is_made_short(v1):
    first = respond(v1, input="My name is Ada.")
    compacted = v1.responses.compact(model="Chat", previous_response_id=first.id, input="I like houses.")
    *messages, rest = compacted.output
    assert [message.content[0].text for message in messages] == ["My name is Ada.", "I like houses."]
    assert rest.type == "compaction" and compacted.usage.output_tokens > 0
    items = [item.model_dump(exclude_none=True) for item in compacted.output]
    more = respond(v1, input=[*items, {"role": "user", "content": "What is my name?"}])
    assert more.status in ("completed", "incomplete")


@today
def test_input_tokens_are_those_that_the_answer_counts(v1):
    request = {"input": "Describe a house.", "instructions": "Be brief."}
    counted = v1.responses.input_tokens.count(model="Chat", **request)
    assert counted.object == "response.input_tokens"
    assert counted.input_tokens == respond(v1, **request).usage.input_tokens


@today
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_custom_tools_calls(v1, stream):
    tools = [{"type": "custom", "name": "run", "description": "Runs a line of a program."}]
    answer = respond(v1, input="Print the word house.", tools=tools, tool_choice={"type": "custom", "name": "run"},
                     max_output_tokens=500, temperature=0, stream=stream)
    if stream:
        *events, last = answer
        answer = last.response
        deltas = [event.delta for event in events if event.type == "response.custom_tool_call_input.delta"]
        (done,) = [event for event in events if event.type == "response.custom_tool_call_input.done"]
        assert "".join(deltas) == done.input == answer.output[0].input
    (call,) = answer.output
    assert call.type == "custom_tool_call" and call.name == "run" and call.input
    told = [{"role": "user", "content": "Run it."}, call.model_dump(exclude_none=True),
            {"type": "custom_tool_call_output", "call_id": call.call_id, "output": "house"}]
    assert respond(v1, input=told, tools=tools).status in ("completed", "incomplete")


@today
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_custom_tools_calls_in_a_chat(v1, stream):
    tools = [{"type": "custom", "custom": {"name": "run", "description": "Runs a line of a program."}}]
    asked = [{"role": "user", "content": "Print the word house."}]
    ask = functools.partial(v1.chat.completions.create, model="Think", tools=tools, max_completion_tokens=500)
    answer = ask(messages=asked, tool_choice={"type": "custom", "custom": {"name": "run"}}, stream=stream)
    if stream:
        pieces = [call.model_dump(exclude_none=True)
                  for chunk in answer if chunk.choices for call in chunk.choices[0].delta.tool_calls or []]
        made = {"id": pieces[0]["id"], "type": pieces[0]["type"], "custom": {
            "name": pieces[0]["custom"]["name"], "input": "".join(piece["custom"]["input"] for piece in pieces)}}
    else:
        (call,) = answer.choices[0].message.tool_calls
        made = call.model_dump(exclude_none=True)
    assert made["type"] == "custom" and made["custom"]["name"] == "run" and made["custom"]["input"], made
    told = [*asked, {"role": "assistant", "tool_calls": [made]}, {"role": "tool", "tool_call_id": made["id"], "content": "house"}]
    assert ask(messages=told).choices[0].finish_reason in ("stop", "length", "tool_calls")


@today
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_chats_that_are_kept(v1, client, stream):
    kind = {"kind": "streamed" if stream else "whole"}
    made = chat(v1, store=True, metadata=kind, stream=stream)
    if stream:
        chunks = list(made)
        said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        made = chunks[-1]
    else:
        said = made.choices[0].message.content
    chats = v1.chat.completions
    assert [kept.id for kept in chats.list(metadata=kind)] == [made.id]
    kept = chats.retrieve(made.id)
    assert kept.choices[0].message.content == said and kept.usage.prompt_tokens > 0
    assert [message.content for message in chats.messages.list(made.id)] == [QUESTION[0]["content"]]
    assert chats.update(made.id, metadata={"more": "yes"}).metadata == {**kind, "more": "yes"}
    with pytest.raises(openai.AuthenticationError):  # Cognitive Services OpenAI User may not read them
        client.chat.completions.list()
    assert chats.delete(made.id).deleted
    assert not list(chats.list(metadata=kind))


# --- what is asked for in vain


def test_pictures_are_refused_where_the_engine_sees_none(client):
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    error = refusal(lambda: chat(client, [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, picture]}]))
    assert error["message"] == "Invalid content type. image_url is only supported by certain models."
    assert error["param"] == "messages.[0].content.[1].type"


def test_errors_are_the_packages_own(client):
    with pytest.raises(openai.NotFoundError) as raised:
        client.chat.completions.create(model="Nobody", messages=QUESTION)
    assert raised.value.response.json()["error"]["code"] == "DeploymentNotFound"
    assert refusal(lambda: chat(client, temperature=3))["code"] == "decimal_above_max_value"
    assert refusal(lambda: chat(client, [{"role": "user", "content": "word " * 9000}]))["code"] == "context_length_exceeded"
