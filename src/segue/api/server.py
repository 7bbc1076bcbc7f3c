"""Runs the application on granian: processes, graceful stop, who really calls behind a proxy."""

import os
import signal
import threading
import time
from typing import Any

from fastapi import FastAPI
from granian import Granian
from granian.constants import Interfaces, Loops
from granian.log import LogLevels
from granian.utils.proxies import wrap_asgi_with_proxy_headers

from segue.api.app import create_app
from segue.kit.logs import logging_config, set_up_logs
from segue.kit.settings import Settings

#: How long requests that are under way may take after the server was told to stop.
_GRACE_S = 10
_PARENT_EVERY_S = 0.5


def serve(settings: Settings) -> None:
    """Answer requests until the process is told to stop (SIGINT, SIGTERM).

    Parameters
    ----------
    settings
        Complete: with a database that runs and is migrated, and a secret key, as `segue.kit.runtime.complete` makes
        them, so that every process has the same.
    """
    set_up_logs(settings)
    server = Granian(
        "segue.api.server",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.api_processes,
        loop=Loops.asyncio,
        log_level=LogLevels.warning,
        log_dictconfig=logging_config(settings),
        workers_kill_timeout=_GRACE_S,
        respawn_failed_workers=True,
        respawn_interval=1,
    )
    server.serve(target_loader=_Loader(settings), wrap_loader=False)


class _Loader:
    """Makes the application in each process; carries the settings there."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __call__(self, *_args: Any) -> Any:
        set_up_logs(self._settings)
        threading.Thread(target=_end_with, args=(os.getppid(),), name="end-with-parent", daemon=True).start()
        app: FastAPI = create_app(self._settings)
        if not self._settings.trusted_proxies:
            return app
        return wrap_asgi_with_proxy_headers(app, trusted_hosts=self._settings.trusted_proxies)


def _end_with(parent_pid: int) -> None:
    """Stop this process when its parent is gone: killed, it could not say so, and the port would stay taken."""
    while os.getppid() == parent_pid:
        time.sleep(_PARENT_EVERY_S)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_S)
    os.kill(os.getpid(), signal.SIGKILL)
