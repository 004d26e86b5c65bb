"""An OpenAI-compatible endpoint on this machine that misbehaves on request."""

from __future__ import annotations

import contextlib
import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Endpoint(ThreadingHTTPServer):
    """Answers "The answer is N."; what a question asks for in brackets decides how.

    [busy] is refused with 429 once, [broken] gets 500 always, [html] no JSON, [null] no content,
    [other] a reply of another shape.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: Counter[str] = Counter()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        chat = self.path.endswith("chat/completions")
        prompt = body["messages"][-1]["content"] if chat else body["prompt"]
        prompt = prompt if isinstance(prompt, str) else prompt[0]
        self.server.seen[prompt] += 1
        if "[broken]" in prompt:
            return self._reply(500, {"error": "out of order"})
        if "[busy]" in prompt and self.server.seen[prompt] == 1:
            return self._reply(429, {"error": "slow down"})
        text = None if "[null]" in prompt else f"The answer is {len(prompt) % 10}."
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "text": text}
        reply: object = {
            "choices": [choice], "model": "tiny-2026-01",
            "usage": {"prompt_tokens": len(prompt.split()), "completion_tokens": 4},
        }  # fmt: skip
        return self._reply(200, {"result": "fine"} if "[other]" in prompt else reply, html="[html]" in prompt)

    def _reply(self, status: int, content: object, *, html: bool = False) -> None:
        data = b"<html>gateway</html>" if html else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if html else "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def endpoint() -> Iterator[Endpoint]:
    server = Endpoint()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
