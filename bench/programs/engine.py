"""The client of bench/engine: the same chat to the managed engine, in turns directly and through the gateway. What is
compared is how much of a call's time the engine itself has worked (it says so in its metrics): tokens per second alone
change more from call to call on a machine that does other things than they may differ here.

  engine.py GATEWAY_PORT GATEWAY_PID TOKEN ROUNDS TOKENS
"""

import http.client
import json
import os
import re
import ssl
import statistics
import sys
import time

GOAL = 0.02


def engine_of(gateway):
    """Port and key of the engine for chats, which runs as the gateway's child: the key is in no other place."""
    for task in os.listdir(f"/proc/{gateway}/task"):
        with open(f"/proc/{gateway}/task/{task}/children") as file:
            children = file.read().split()
        for child in children:
            with open(f"/proc/{child}/cmdline", "rb") as file:
                arguments = file.read().split(b"\0")
            with open(f"/proc/{child}/environ", "rb") as file:
                variables = dict(one.partition(b"=")[::2] for one in file.read().split(b"\0"))
            if arguments[3].endswith(b"/model.gguf"):
                return int(arguments[4]), variables[b"LAZULI_ENGINE_KEY"].decode()
    sys.exit("the gateway has started no engine")


class Side:
    def __init__(self, connection, path, token, keeps=True):
        self.connection, self.path, self.keeps = connection, path, keeps
        self.headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}",
                        "Host": "bench.openai.azure.com"}
        self.times, self.shares = [], []

    def ask(self, body):
        """Seconds, and (text, tokens) of the answer."""
        began = time.perf_counter()
        received = self.send("POST", self.path, json.dumps(body))
        taken = time.perf_counter() - began
        return taken, whole(received) if not body.get("stream") else streamed(received)

    def send(self, method, path, body=None):
        self.connection.request(method, path, body, self.headers)
        answer = self.connection.getresponse()
        received = answer.read()
        if answer.status != 200:
            sys.exit(f"unexpected answer {answer.status}: {received.decode()}")
        if not self.keeps:
            self.connection.close()
        return received

    def worked(self):
        """Seconds that the engine has spent with prompts and generating."""
        text = self.send("GET", "/metrics").decode()
        return sum(float(value) for value in
                   re.findall(r"^llamacpp:(?:prompt|tokens_predicted)_seconds_total (\S+)$", text, re.M))


def whole(received):
    answer = json.loads(received)
    return answer["choices"][0]["message"]["content"], answer["usage"]["completion_tokens"]


def streamed(received):
    text, tokens = "", 0
    for line in received.decode().splitlines():
        if not line.startswith("data: {"):
            continue
        chunk = json.loads(line[6:])
        for choice in chunk["choices"]:
            text += choice.get("delta", {}).get("content") or ""
        tokens = (chunk.get("usage") or {}).get("completion_tokens", tokens)
    return text, tokens


def main(gateway_port, gateway_pid, token, rounds, tokens):
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    gateway = Side(http.client.HTTPSConnection("127.0.0.1", int(gateway_port), context=trusting),
                   "/openai/deployments/bench/chat/completions?api-version=2024-10-21", token)
    body = {"messages": [{"role": "user", "content": "Tell a story about a fox and a dog, please."}],
            "max_tokens": int(tokens), "temperature": 0, "seed": 1}
    gateway.ask(body)  # answers when the engine has started
    port, key = engine_of(gateway_pid)
    # The engine closes a connection that has waited for five seconds: a new one each time, which costs microseconds.
    directly = Side(http.client.HTTPConnection("127.0.0.1", port), "/v1/chat/completions", key, keeps=False)
    sides = {"directly": directly, "gateway": gateway}
    for what in ("whole", "streamed"):
        if what == "streamed":
            body.update({"stream": True, "stream_options": {"include_usage": True}})
        for side in sides.values():
            side.times, side.shares = [], []
        order, said = list(sides), set()
        for turn in range(int(rounds) + 1):
            for name in order:
                before = directly.worked()
                taken, answer = sides[name].ask(body)
                said.add(answer)
                if turn > 0:  # the first fills the engine's cache of the prompt
                    sides[name].times.append(taken)
                    sides[name].shares.append((directly.worked() - before) / taken)
            order.reverse()
        if len(said) != 1:
            sys.exit(f"the two have not done the same: {said}")
        generated = said.pop()[1]
        rates = {name: generated / statistics.median(side.times) for name, side in sides.items()}
        shares = {name: statistics.median(side.shares) for name, side in sides.items()}
        for name in sides:
            print(f"  {what}, {generated} tokens, {name}: {rates[name]:.1f} tokens/s, "
                  f"the engine at work for {shares[name]:.4f} of the time")
        print(f"{what}: {shares['gateway'] / shares['directly']:.4f} of the engine's own tokens per second "
              f"(goal: at least {1 - GOAL})")


if __name__ == "__main__":
    main(*sys.argv[1:])
