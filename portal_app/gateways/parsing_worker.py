"""A worker of the parsing room: reads tasks from a socket, one file at a time, until the socket closes."""

import json
import resource
import socket
import sys
import traceback
from collections.abc import Callable
from typing import Any

from portal_app.domain.errors import PortalError
from portal_app.gateways import pdf, uploads
from portal_app.gateways.parsing import HEADER_BYTES

Made = tuple[dict[str, Any], bytes]

TASKS: dict[str, Callable[..., Made]] = {
    "inspect_pdf": pdf.do_inspect,
    "inspect_pdfs": pdf.do_inspect_many,
    "page_image": pdf.do_page_image,
    "page_texts": pdf.do_page_texts,
    "inspect_upload": uploads.do_inspect,
}


def main() -> None:
    """Serve the socket whose number is the first argument; seconds per file and megabytes follow."""
    line = socket.socket(fileno=int(sys.argv[1]))
    seconds, megabytes = float(sys.argv[2]), int(sys.argv[3])
    limit_this_process(megabytes)
    stream = line.makefile("rwb")
    while sizes := stream.read(HEADER_BYTES):
        details = json.loads(stream.read(int.from_bytes(sizes[:4], "big")))
        content = stream.read(int.from_bytes(sizes[4:], "big"))
        allow_more_seconds(seconds)
        facts, made = do(details.pop("task"), content, details)
        head = json.dumps(facts).encode()
        stream.write(len(head).to_bytes(4, "big") + len(made).to_bytes(8, "big") + head + made)
        stream.flush()


def do(task: str, content: bytes, details: dict[str, Any]) -> Made:
    """Do one task; a refusal is an answer, too, and so is a fault, told without the file's content."""
    try:
        return TASKS[task](content, **details)
    except PortalError as refusal:
        return {"refusal": refusal.code, "facts": refusal.facts}, b""
    except Exception as fault:  # noqa: BLE001 - nobody else in this process could tell it
        place = traceback.extract_tb(fault.__traceback__)[-1]
        return {"fault": f"{type(fault).__name__} in {place.name}, line {place.lineno}"}, b""


def limit_this_process(megabytes: int) -> None:
    """Let this process write no files, leave no core dumps and use this much memory."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))


def allow_more_seconds(seconds: float) -> None:
    """Move the CPU limit to `seconds` from now; the system kills the process that passes it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main()
