"""What a command prints: outputs, log lines, and the whole of it when it fails. For the lab only."""

from __future__ import annotations

import contextlib
import json
import secrets
import threading
from collections.abc import Callable, Iterable

from lab.plugins.kit.call import Call, PluginError, Props, Severity

PREVIOUS = {"stdout": "PULUMI_COMMAND_STDOUT", "stderr": "PULUMI_COMMAND_STDERR"}
"""Environment variables that carry the outputs of the previous run."""


class Streams:
    """The two outputs of one running command."""

    def __init__(self, call: Call) -> None:
        logging = call.inputs.text("logging") or "stdoutAndStderr"
        self._log = call.log
        self._logged = {name for name in PREVIOUS if name in logging.lower()}
        self._lock = threading.Lock()
        self._lines: list[tuple[str, bytes]] = []

    def pump(
        self,
        stdout: Iterable[bytes],
        stderr: Iterable[bytes],
        stdin: Callable[[bytes], object],
        text: str | None,
    ) -> None:
        """Feed `text` in and read both outputs to their end, all three at once: none may block another.

        A command that ends without reading its input is no failure.
        """

        def feed() -> None:
            with contextlib.suppress(OSError):
                stdin((text or "").encode())

        threads = [
            threading.Thread(target=feed, daemon=True),
            threading.Thread(target=self._read, args=("stderr", stderr), daemon=True),
        ]
        for thread in threads:
            thread.start()
        self._read("stdout", stdout)
        threads[1].join()

    def _read(self, name: str, lines: Iterable[bytes]) -> None:
        with contextlib.suppress(OSError, ValueError):  # closed from outside: the call ends with its reason
            for line in lines:
                with self._lock:
                    self._lines.append((name, line))
                if name in self._logged:
                    self._log(line.decode(errors="replace").rstrip("\n"), Severity.INFO)

    def outputs(self) -> dict[str, object]:
        """Both outputs, each without its last line end."""
        return {name: self._joined(name).removesuffix("\n") for name in PREVIOUS}

    def failure(self, how: str, command: str) -> PluginError:
        """Upstream's text: how it ended, the command, and everything it printed. Only its input stays out."""
        return PluginError(
            f"{how}: running {json.dumps(command, ensure_ascii=False)}:\n{self._joined(*PREVIOUS)}"
        )

    def _joined(self, *names: str) -> str:
        return b"".join(line for name, line in self._lines if name in names).decode(errors="replace")


def previous_outputs(call: Call) -> dict[str, str]:
    """Environment variables with the outputs of the run before, unless the program does not want them."""
    if not call.inputs.flag("addPreviousOutputInEnv", default=True):
        return {}
    found = {variable: call.state.text(name) for name, variable in PREVIOUS.items()}
    return {variable: text for variable, text in found.items() if text}


def environment(inputs: Props) -> dict[str, str]:
    """The variables that the program sets."""
    return {name: str(value) for name, value in (inputs.object("environment") or Props()).items()}


def command_for_update(inputs: Props) -> str | None:
    """`update`, or `create` once more where the program gives none."""
    return inputs.text("update") if inputs.text("update") is not None else inputs.text("create")


def new_id(name: str) -> str:
    """An id of upstream's form; it identifies nothing outside the state."""
    return name + secrets.token_hex(4)
