"""`intake`: acknowledged, durable deliveries a second, beside a loop that writes and syncs the same files and rows."""

import base64
import json
import os
import sqlite3
import time
from hashlib import sha256
from pathlib import Path

import httpx

from bench.figures import Figure
from bench.filling import FULL_PAGES, policy_of
from bench.papers import different_letters
from bench.serving import Server
from bench.site import SMALL, Site
from portal_app.domain.actors import Operator
from portal_app.domain.kinds import LetterKind
from portal_app.gateways.clock import now
from portal_app.services import api_keys

BATCH, BATCHES = 500, 3
PDF_BYTES = 30_000


def measure(site: Site) -> list[Figure]:
    """Hand over full batches of letters with PDFs of 30 kB, one batch after the other."""
    installation = site.installation(SMALL)
    key = installation.house.database.carry_out(api_keys.create_key, Operator("bench"), f"bench {now()}", now=now())
    ours, theirs = [], []
    with installation.serving(role="web") as portal:
        _hand_over(portal, key, "warm-up", different_letters(installation.house.brand, 50, PDF_BYTES))
        for number in range(BATCHES):
            papers = different_letters(installation.house.brand, BATCH, PDF_BYTES + number)
            theirs.append(_bare_loop(site.folder / f"bare-{number}", papers))
            ours.append(_hand_over(portal, key, f"batch-{number}", papers))
    seconds, bare = sum(ours) / len(ours), sum(theirs) / len(theirs)
    details = {"a_second": BATCH / seconds, "baseline_unit": "files and rows a second", "batch": BATCH, "batches": BATCHES}
    return [Figure("intake", bare / seconds, BATCH / bare, details)]


def _hand_over(portal: Server, key: str, name: str, papers: list[bytes]) -> float:
    """Hand over one batch; give the seconds until it was acknowledged. Raises when a letter was refused."""
    name = f"{name}-{now().timestamp()}"
    body = json.dumps({"deliveries": [_delivery(name, number, paper) for number, paper in enumerate(papers)]}).encode()
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": name, "Content-Type": "application/json"}
    began = time.perf_counter()
    answer = httpx.post(f"{portal.url}/api/v1/deliveries/batch", content=body, headers=headers, timeout=300)
    seconds = time.perf_counter() - began
    refused = [result for result in answer.json()["results"] if result["status"] != httpx.codes.CREATED]
    if answer.status_code != httpx.codes.MULTI_STATUS or refused:
        raise RuntimeError(f"not everything was taken in: {answer.status_code} {refused[:1]}")
    return seconds


def _delivery(name: str, number: int, paper: bytes) -> dict[str, object]:
    content = base64.b64encode(paper).decode()
    return {
        "external_ref": f"{name}-{number}",
        "policy_number": policy_of(2 + number % FULL_PAGES),
        "kind": LetterKind.INFORMATION.value,
        "subject": "Information about your policy",
        "summary": "Nothing has to be done.",
        "attachments": [{"name": "information.pdf", "sha256": sha256(paper).hexdigest(), "content": content}],
    }


def _bare_loop(folder: Path, papers: list[bytes]) -> float:
    """Write and fsync each file and commit one row for each; give the seconds."""
    folder.mkdir()
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE letter (id INTEGER PRIMARY KEY, name TEXT UNIQUE, sha256 TEXT, size INTEGER, subject TEXT)")
    began = time.perf_counter()
    for number, paper in enumerate(papers):
        descriptor = os.open(folder / f"{number}.pdf", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        os.write(descriptor, paper)
        os.fsync(descriptor)
        os.close(descriptor)
        row = (f"{number}.pdf", sha256(paper).hexdigest(), len(paper), "Information about your policy")
        connection.execute("INSERT INTO letter (name, sha256, size, subject) VALUES (?, ?, ?, ?)", row)
    seconds = time.perf_counter() - began
    connection.close()
    return seconds
