"""Logs: structured, each line with the request or job it belongs to; for people on a terminal, else JSON."""

import logging
import logging.config
import sys
from typing import Any

import structlog

from segue.kit.settings import Settings

#: Libraries that tell at ``info`` what is of use to their own authors.
_QUIET = ("httpx", "httpcore", "alembic", "procrastinate.worker", "multipart", "python_multipart")


def set_up_logs(settings: Settings) -> None:
    """Send every log of this process, ours and the libraries', to standard error in one format."""
    logging.config.dictConfig(logging_config(settings))
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, _level(settings)))
    set_up_structlog()


def set_up_structlog() -> None:
    """Hand our own logs to the standard library's, wherever those go."""
    structlog.configure(
        processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def logging_config(settings: Settings) -> dict[str, Any]:
    """Return the standard library's configuration, for servers that want to apply it themselves."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "segue": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _shared(),
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *_rendering(as_json=_wants_json(settings)),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "segue", "stream": "ext://sys.stderr"}},
        "root": {"handlers": ["stderr"], "level": _level(settings)},
        "loggers": {"_granian": {"handlers": ["stderr"], "level": logging.WARNING, "propagate": False}},
    }


def _shared() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]


def _rendering(*, as_json: bool) -> list[Any]:
    """Return the last steps; tracebacks come without local variables, which hold passwords and tokens."""
    if as_json:
        tracebacks = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        return [structlog.processors.ExceptionRenderer(tracebacks), structlog.processors.JSONRenderer(default=str)]
    return [
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
    ]


def _wants_json(settings: Settings) -> bool:
    return settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())


def _level(settings: Settings) -> int:
    return logging.getLevelNamesMapping()[settings.log_level.upper()]
