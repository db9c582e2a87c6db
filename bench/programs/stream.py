"""The client of bench/stream: streamed chats over TLS.

  stream.py first TOKEN COUNT upstream=PORT gateway=PORT nginx=PORT   time from a request to its answer's first byte,
      and to the first frame with content: each server in turns, on kept connections
  stream.py hold GATEWAY_PORT PID TOKEN COUNT              memory of the gateway's process without streams, with COUNT
      that have begun and stay open, and when they have gone
"""

import json
import re
import socket
import ssl
import statistics
import sys
import time

PATH = "/openai/deployments/bench/chat/completions?api-version=2024-10-21"
CONTENT = b'"content":"The"'
END = b"0\r\n\r\n"
WARM_UP = 50
FIRST_GOAL_MS, HOLD_GOAL_MB = 0.3, 60


class Client:
    """One connection."""

    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE

    def __init__(self, port, token):
        plain = socket.create_connection(("127.0.0.1", port))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = self.context.wrap_socket(plain, server_hostname="bench.openai.azure.com")
        self.token = token

    def ask(self, prompt):
        """Sends a chat. Milliseconds to the answer's first byte (behind its head) and to the first content."""
        body = json.dumps({"messages": [{"role": "user", "content": prompt}], "max_tokens": 64, "stream": True})
        request = (
            f"POST {PATH} HTTP/1.1\r\nHost: bench.openai.azure.com\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {self.token}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()
        began = time.perf_counter()
        self.socket.sendall(request)
        self.received, first = b"", None
        while CONTENT not in self.received:
            self.receive()
            if first is None and self.received.partition(b"\r\n\r\n")[2]:
                first = time.perf_counter()
        return (first - began) * 1e3, (time.perf_counter() - began) * 1e3

    def finish(self):
        while not self.received.endswith(END):
            self.receive()

    def receive(self):
        piece = self.socket.recv(65536)
        if not piece or (not self.received and not piece.startswith(b"HTTP/1.1 200")):
            sys.exit(f"unexpected answer: {self.received + piece}")
        self.received += piece


def first(token, count, *servers):
    clients = {name: Client(int(port), token) for name, port in (server.split("=") for server in servers)}
    times = {name: ([], []) for name in clients}
    for turn in range(int(count) + WARM_UP):
        for name, client in clients.items():
            taken = client.ask("Say something about a fox.")
            client.finish()
            if turn >= WARM_UP:
                for kept, value in zip(times[name], taken):
                    kept.append(value)
    for at, what in enumerate(("first byte", "first content")):
        cuts = {name: statistics.quantiles(kept[at], n=20) for name, kept in times.items()}
        for name, cut in cuts.items():
            print(f"  {what}, {name}: 5th percentile {cut[0]:.3f} ms, median {cut[9]:.3f}, 95th {cut[18]:.3f}")
        over = {name: [value - own for value, own in zip(cut, cuts["upstream"])] for name, cut in cuts.items()}
        print(f"{what}: {over['gateway'][9]:.3f} ms over the upstream's own at the median (goal: at most "
              f"{FIRST_GOAL_MS}), {over['gateway'][0]:.3f} at the 5th percentile; "
              f"nginx: {over['nginx'][9]:.3f} and {over['nginx'][0]:.3f}")


def memory_mb(pid):
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return int(re.search(r"^Pss:\s+(\d+) kB", file.read(), re.M)[1]) / 1000


def hold(gateway_port, pid, token, count):
    for _ in range(20):  # what the first calls leave behind belongs to rest
        client = Client(int(gateway_port), token)
        client.ask("Say something about a fox.")
        client.finish()
    idle = memory_mb(pid)
    streams = []
    for _ in range(int(count)):
        streams.append(Client(int(gateway_port), token))
        streams[-1].ask("Begin, and then hold the stream open.")
    busy = memory_mb(pid)
    for client in streams:
        client.socket.close()
    time.sleep(1)  # nothing tells that the gateway has closed its side
    after = memory_mb(pid)
    over = busy - idle
    print(f"  idle {idle:.1f} MB, with {count} streams {busy:.1f} MB, after them {after:.1f} MB")
    print(f"memory of {count} streams: {over:.1f} MB over idle, {over / int(count) * 1e3:.1f} kB each "
          f"(goal for 1000: at most {HOLD_GOAL_MB} MB)")


if __name__ == "__main__":
    {"first": first, "hold": hold}[sys.argv[1]](*sys.argv[2:])
