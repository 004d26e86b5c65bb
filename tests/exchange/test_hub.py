"""The hub's own client against a server on this machine that answers as the hub does."""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.test_cli import call

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DATASET, COMMIT = "owner/release", "0123456789abcdef0123456789abcdef01234567"
HEADER = "prompt_id,model_id,category_id,label,prompt,model_name,category\n"
FILES = {
    "train.csv": f"{HEADER}0,0,0,1,What?,org/m,b\n0,0,0,0,What?,org/m,b\n",
    "test.csv": f"{HEADER}1,0,0,1,Why?,org/m,b\n",
    "model_order.csv": "model_id,model_name\n0,org/m\n",
    "train_1k.csv": "not asked for\n",
    "README.md": "# A data set\n",
}


class Hub(BaseHTTPRequestHandler):
    """Knows one data set with one commit; lists its files and hands them out."""

    asked: list[str]

    def do_GET(self) -> None:
        self.answer(body=True)

    def do_HEAD(self) -> None:
        self.answer(body=False)

    def answer(self, *, body: bool) -> None:
        path = self.path.split("?")[0]
        listed = [
            {"type": "file", "rfilename": name, "path": name, "size": len(text), "oid": etag(text)}
            for name, text in FILES.items()
        ]
        self.asked.append(path.rsplit("/", 1)[-1])
        if path in (f"/api/datasets/{DATASET}/revision/{r}" for r in ("main", COMMIT)):
            found = json.dumps({"id": DATASET, "sha": COMMIT, "siblings": listed, "private": False})
            self.reply(200, found, "application/json", body=body)
        elif path.startswith(f"/api/datasets/{DATASET}/tree/"):
            self.reply(200, json.dumps(listed), "application/json", body=body)
        elif path.startswith(f"/datasets/{DATASET}/resolve/{COMMIT}/"):
            self.reply(200, FILES[self.asked[-1]], "text/csv", body=body)
        else:
            self.reply(404, "{}", "application/json", body=body)

    def reply(self, status: int, text: str, kind: str, *, body: bool) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text.encode())))
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{etag(text)}"')
        if status == 404:
            self.send_header("X-Error-Code", "RepoNotFound")
        self.end_headers()
        if body:
            self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


def etag(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


@pytest.fixture
def hub() -> Iterator[str]:
    Hub.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_dataset_id_is_downloaded_once_and_then_read_from_the_cache(tmp_path: Path, hub: str) -> None:
    online: dict[str, Any] = {"HF_ENDPOINT": hub, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "0"}
    importing = ("import", "--format", "embedllm", "--store")
    out = call(*importing, tmp_path / "a.db", DATASET, code=0, **online)
    assert "3 outcomes of 1 model at 2 questions" in out
    assert "Without val.csv the published split has no validation questions." in out
    assert not {"train_1k.csv", "README.md"} & set(Hub.asked)
    out = call(
        *importing, tmp_path / "a.db", f"{DATASET}@{COMMIT}", code=0, **(online | {"HF_HUB_OFFLINE": "1"})
    )
    assert "nothing changed" in out


def test_a_dataset_that_cannot_be_had_is_one_sentence(tmp_path: Path, hub: str) -> None:
    arguments = ("import", "--format", "embedllm", "--store", tmp_path / "a.db")
    here = {"HF_ENDPOINT": hub, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "0"}
    nobody = "http://127.0.0.1:9"  # the discard port, where nothing listens
    for name, environment, reason in (
        ("owner/nothing", here, "the hub has none, or shows it to others only"),
        (DATASET, {**here, "HF_ENDPOINT": nobody}, "Connection refused"),
        (DATASET, {**here, "HF_HUB_OFFLINE": "1"}, "HF_HUB_OFFLINE is set and no copy is in the cache"),
    ):
        out = call(*arguments, name, code=1, **environment)
        assert f"There is no folder {name}, and the hub dataset of that id cannot be had: " in out
        assert reason in out
        assert "download train.csv, val.csv, test.csv, model_order.csv, question_order.csv elsewhere" in out
        assert out.count("\n") == 1
