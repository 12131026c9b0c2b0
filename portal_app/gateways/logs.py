"""The log: one JSON object a line on stderr, without personal data and without the values of variables."""

import logging
import re
import sys

import structlog

# What libraries may put into their messages, and what stands in its place.
_PERSONAL = (
    (re.compile(r"(://)[^:/@\s]*:[^@\s]+@"), r"\1(secret)/"),
    (re.compile(r"[\w.+'-]+@[\w-]+(\.[\w-]+)+"), "(address)"),
    (re.compile(r"\+\d[\d /()-]{7,}\d"), "(number)"),
    (re.compile(r"(/(?:elso-belepes|uj-jelszo|portaltorles|beallitasok/e-mail)/)[^/\s\"'?]+"), r"\1(token)"),
    (re.compile(r"([?&](?:token|code|state|key)=)[^&\s\"']+"), r"\1(token)"),
    (re.compile(r"(Bearer )\S+"), r"\1(token)"),
    # PostgreSQL repeats whole rows in the details of its refusals.
    (re.compile(r"DETAIL:.*"), "DETAIL: (values)"),
)
_SECRET_NAMES = frozenset({"password", "secret", "token", "cookie", "authorization", "email", "phone", "recipient", "to"})


def without_people(logger: object, method: str, line: structlog.types.EventDict) -> structlog.types.EventDict:
    """Take addresses, numbers, tokens and passwords out of a line, wherever a library may have put them."""
    del logger, method
    for name, value in line.items():
        if name in _SECRET_NAMES:
            line[name] = "(hidden)"
        elif isinstance(value, str):
            line[name] = _cleaned(value)
    return line


def _cleaned(text: str) -> str:
    for pattern, instead in _PERSONAL:
        text = pattern.sub(instead, text)
    return text


def configure_logs(level: int = logging.INFO) -> None:
    """Write structlog's and the standard library's lines in the same form."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        # Plain tracebacks: the ones with local variables would print letters and passwords.
        structlog.processors.format_exc_info,
        without_people,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                without_people,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("httpx", "httpcore", "engineio", "socketio", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
