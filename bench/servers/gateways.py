"""The servers that are tried for real: how each is installed, started and reached.

Each lives in an environment of its own below var/bench/servers/, made anew when that folder is gone.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from bench.paths import VAR
from bench.servers.chat import MODEL
from bench.servers.processes import free_port, install, running

FOLDER = VAR / "servers"
#: Words of the instructions that a request for a name has (`kern.naming`).
ASKS_FOR_A_NAME = "short name for this conversation"
BOOKING = "H3WR2T"
ASK_FOR_TOOL = f'Please run cancel_reservation(reference="{BOOKING}", reason="plans changed")'


@dataclass(frozen=True)
class Reached:
    """A server that runs: what the program is told of it."""

    base_url: str
    key: str


class Gateway:
    """A server from a package registry. `faults` says which step it cannot do by its own fault, and why."""

    name: ClassVar[str]
    package: ClassVar[str]
    kind: ClassVar[str] = "a gateway in front of a chat-completions server"
    faults: ClassVar[dict[str, str]] = {}
    #: Words of the second answer, which the model can only say if it sees the first turn.
    remembers: ClassVar[str] = "2 earlier messages"

    @property
    def folder(self) -> Path:
        return FOLDER / self.name.lower().replace(" ", "-")

    def install(self) -> str:
        """Install it where it is not; returns its version."""
        python = self.folder / "bin" / "python"
        if not (self.folder / "installed").exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            install([sys.executable, "-m", "venv", str(self.folder)], self.folder)
            install([str(python), "-m", "pip", "install", "--quiet", self.package], self.folder)
            (self.folder / "installed").touch()
        look = f"import importlib.metadata as m; print(m.version({self.package.partition('[')[0]!r}))"
        return subprocess.run([str(python), "-c", look], capture_output=True, text=True, check=True).stdout.strip()

    def started(self, upstream: str) -> AbstractContextManager[Reached]:
        """Run it in front of the chat server at `upstream`."""
        raise NotImplementedError


class LiteLLM(Gateway):
    """LiteLLM's proxy, which translates to chat completions for a provider that has nothing else."""

    name = "LiteLLM"
    package = "litellm[proxy]"

    @contextmanager
    def started(self, upstream: str) -> Iterator[Reached]:
        port, key = free_port(), f"sk-{secrets.token_hex(24)}"
        model = {"model": f"custom_openai/{MODEL}", "api_base": upstream, "api_key": "none"}
        settings = {"model_list": [{"model_name": MODEL, "litellm_params": model}], "litellm_settings": {"telemetry": False}}
        # JSON is YAML.
        (self.folder / "config.yaml").write_text(json.dumps(settings))
        command = [str(self.folder / "bin" / "litellm"), "--config", "config.yaml", "--host", "127.0.0.1", "--port", str(port)]
        own = {"LITELLM_MASTER_KEY": key, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
        with running(command, self.folder, port, own):
            yield Reached(f"http://127.0.0.1:{port}/v1", key)


class OpenResponsesServer(Gateway):
    """open-responses-server, which puts the Responses API in front of any chat-completions server."""

    name = "open-responses-server"
    package = "open-responses-server"
    faults: ClassVar[dict[str, str]] = {
        "tells what the tool gave": (
            "It leaves `function_call` items out of what it passes on, and `function_call_output` items too unless they repeat"
            " the tool's name, which is no field of the API (OpenAI refuses it). So the model never learns that its tool has"
            " run, and asks for it again; the program asks a person before anything is done twice."
        )
    }

    @contextmanager
    def started(self, upstream: str) -> Iterator[Reached]:
        port = free_port()
        (self.folder / "servers.json").write_text(json.dumps({"mcpServers": {}}))
        own = {
            "OPENAI_BASE_URL_INTERNAL": upstream.removesuffix("/v1"),
            "OPENAI_BASE_URL": f"http://127.0.0.1:{port}",
            "OPENAI_API_KEY": "none",
            "API_ADAPTER_HOST": "127.0.0.1",
            "API_ADAPTER_PORT": str(port),
            "MCP_SERVERS_CONFIG_PATH": "servers.json",
        }
        with running([str(self.folder / "bin" / "otc"), "start"], self.folder, port, own):
            yield Reached(f"http://127.0.0.1:{port}", "none")


class AIMock(Gateway):
    """aimock's own Responses API, which answers from fixtures."""

    name = "aimock"
    package = "@copilotkit/aimock"
    kind = "a Responses server of its own, with fixtures"
    remembers = "The bags we spoke of"

    def install(self) -> str:
        package = self.folder / "node_modules" / self.package / "package.json"
        if not package.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            quiet = ["--no-audit", "--no-fund", "--silent"]
            install(["npm", "install", "--prefix", str(self.folder), *quiet, self.package], self.folder)
        return str(json.loads(package.read_text())["version"])

    @contextmanager
    def started(self, upstream: str) -> Iterator[Reached]:
        """Run it alone: nothing stands behind it."""
        del upstream
        port = free_port()
        call = {"name": "cancel_reservation", "arguments": {"reference": BOOKING, "reason": "plans changed"}}
        fixtures = [
            {"match": {"systemMessage": ASKS_FOR_A_NAME}, "response": {"content": "Bags and check-in"}},
            {"match": {"userMessage": ASK_FOR_TOOL, "hasToolResult": False}, "response": {"toolCalls": [call]}},
            {"match": {"toolResultContains": BOOKING}, "response": {"content": f"{BOOKING} is cancelled."}},
            {
                "match": {"userMessage": "check in", "turnIndex": 1},
                "response": {"content": f"{self.remembers} can be handed in when you check in."},
            },
            {"match": {}, "response": {"content": "You may take two bags along, of 23 kg each."}},
        ]
        (self.folder / "fixtures.json").write_text(json.dumps({"fixtures": fixtures}))
        program = str(self.folder / "node_modules" / ".bin" / "llmock")
        command = [program, "--host", "127.0.0.1", "--port", str(port), "--fixtures", "fixtures.json", "--chunk-size", "5"]
        with running(command, self.folder, port, {}):
            yield Reached(f"http://127.0.0.1:{port}/v1", "none")


ALL: tuple[type[Gateway], ...] = (LiteLLM, OpenResponsesServer, AIMock)
