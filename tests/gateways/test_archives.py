"""Archives are real zips of known length, made piece by piece, with names that every system unpacks."""

import io
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal_app.gateways.archives import ZipEntry, plain_name, zip_entry, zip_stream
from portal_app.gateways.objects import ObjectStore
from portal_app.gateways.secrets import Secrets

SECRETS = Secrets(["a key that was made by chance for tests"])


def opened(chunks: Iterator[bytes]) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(chunks)))


def test_documents_arrive_byte_by_byte_from_the_store(tmp_path: Path) -> None:
    objects = ObjectStore(str(tmp_path), SECRETS)
    contents = [b"first letter" * 10_000, b"", b"third letter"]
    stored = objects.put_many(contents)
    entries = [
        ZipEntry(f"level-{number}.pdf", one.size, lambda one=one: objects.stream(one.key, one.wrapped_key))  # type: ignore[misc]
        for number, one in enumerate(stored)
    ]

    length, chunks = zip_stream([*entries, zip_entry("tartalom.html", b"<html lang='hu'>")])
    archive = b"".join(chunks)

    unpacked = zipfile.ZipFile(io.BytesIO(archive))
    assert len(archive) == length
    assert unpacked.testzip() is None
    assert [unpacked.read(name) for name in unpacked.namelist()] == [*contents, b"<html lang='hu'>"]


def test_an_empty_archive_is_one_too() -> None:
    length, chunks = zip_stream([])

    archive = b"".join(chunks)
    assert (len(archive), zipfile.ZipFile(io.BytesIO(archive)).namelist()) == (length, [])


def test_without_a_size_the_length_is_not_promised() -> None:
    length, chunks = zip_stream([ZipEntry("a.pdf", None, lambda: iter([b"some", b"thing"]))])

    assert length is None
    assert opened(chunks).read("a.pdf") == b"something"


def test_sources_are_opened_only_when_their_turn_comes() -> None:
    opened_so_far: list[str] = []

    def source(name: str) -> Iterator[bytes]:
        opened_so_far.append(name)
        yield b"x" * 1000

    _, chunks = zip_stream([ZipEntry(name, 1000, lambda name=name: source(name)) for name in ("a", "b")])  # type: ignore[misc]
    assert opened_so_far == []
    for chunk in chunks:
        if chunk.startswith(b"x"):
            break

    assert opened_so_far == ["a"]


def test_memory_does_not_grow_with_the_archive() -> None:
    piece = b"x" * 65536

    def large() -> Iterator[bytes]:
        for _ in range(400):
            yield piece

    tracemalloc.start()
    length, chunks = zip_stream([ZipEntry(f"{number}.pdf", 400 * 65536, large) for number in range(4)])
    sent = sum(len(chunk) for chunk in chunks)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert sent == length
    assert sent > 100_000_000
    assert peak < 2_000_000


def test_a_fault_in_a_source_ends_the_stream_before_its_end() -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise OSError("The disk is gone.")

    _, chunks = zip_stream([ZipEntry("a.pdf", 8, broken)])

    with pytest.raises(OSError, match="gone"):
        list(chunks)


def test_a_source_of_another_size_than_promised_is_a_fault() -> None:
    _, chunks = zip_stream([ZipEntry("a.pdf", 5, lambda: [b"more than five"])])

    with pytest.raises(RuntimeError):
        list(chunks)


NAMES = {
    "2026-11-20_Kötvény_LAK-002.pdf": "2026-11-20_Kotveny_LAK-002.pdf",
    "árvíztűrő tükörfúrógép.pdf": "arvizturo_tukorfurogep.pdf",
    "ŐŰ.PDF": "OU.PDF",
    "../../evil.txt": "evil.txt",
    "C:\\Windows\\evil.exe": "evil.exe",
    "/etc/passwd": "passwd",
    "nul.pdf": "_nul.pdf",
    "...": "file",
    "": "file",
    "日本": "file",
    "a\r\nb\0c.pdf": "a_b_c.pdf",
    "x" * 300 + ".pdf": "x" * 96 + ".pdf",
}


@pytest.mark.parametrize("name", NAMES)
def test_names_become_plain(name: str) -> None:
    assert plain_name(name) == NAMES[name]


@given(some.text(max_size=200))
def test_no_name_leads_out_of_the_folder_or_changes_when_cleaned_again(name: str) -> None:
    plain = plain_name(name)

    assert plain.isascii()
    assert 1 <= len(plain) <= 100
    assert not set("/\\:\r\n\0 ") & set(plain)
    assert not plain.startswith(".")
    assert plain_name(plain) == plain


def test_the_same_name_twice_gets_a_number() -> None:
    names = ["level.pdf", "Levél.pdf", "level.pdf", "level"]

    _, chunks = zip_stream([zip_entry(name, name.encode()) for name in names])

    unpacked = opened(chunks)
    assert unpacked.namelist() == ["level.pdf", "Level_2.pdf", "level_3.pdf", "level"]
    assert [unpacked.read(name).decode() for name in unpacked.namelist()] == names
