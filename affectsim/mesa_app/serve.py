"""Starts Mesa's page on this machine. Nothing here imports mesa or solara before it must."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.util import find_spec

from affectsim.errors import InputError, Mistake

HOST = "127.0.0.1"
#: Environment variable that tells the page which further sliders to show, as names with commas.
SLIDERS = "AFFECTSIM_SLIDERS"
_NEEDED = ("solara", "altair")


def serve(port: int, sliders: Sequence[str] = (), browser: bool = True) -> None:
    """Serve the page to this machine alone until Ctrl-C; `port` 0 takes a free one.

    Raises InputError if solara is not installed, a slider is unknown, or the port is taken.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise InputError("page mesa", [Mistake(", ".join(missing), "not installed: pip install 'affectsim[viz]'")])
    from affectsim.mesa_app.controls import sliders as known

    known(sliders)
    check_port(port)
    os.environ[SLIDERS] = ",".join(sliders)
    # Must be said before solara is imported: nothing about its use leaves this machine.
    os.environ["SOLARA_TELEMETRY_MIXPANEL_ENABLE"] = "false"
    from solara.__main__ import run

    words = ["affectsim.mesa_app.app", "--host", HOST, "--port", str(port), "--open" if browser else "--no-open"]
    run.main(words, prog_name="affectsim page mesa", standalone_mode=False)


def check_port(port: int) -> None:
    """Raise InputError if `port` cannot be listened to."""
    import socket

    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((HOST, port))
        except OSError as error:
            raise InputError("page mesa", [Mistake("--port", f"{port}: {error.strerror}; try another")]) from None
