"""Documents are stored durably, unreadable without their key, in a folder and in a bucket alike."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest

from portal_app.domain.errors import StorageFull, StorageUnavailable
from portal_app.gateways.objects import PURPOSE, ObjectDamaged, ObjectMissing, ObjectStore
from portal_app.gateways.secrets import Secrets

SECRETS = Secrets(["a key that was made by chance for tests"])
LETTER = b"%PDF-1.7 Kedves Anna! " * 2000


@pytest.fixture(scope="session")
def s3_address() -> Iterator[str]:
    """Serve a real S3 protocol (moto) on a free port."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture(params=["folder", "bucket"])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "folder":
        return str(tmp_path / "objects")
    address = request.getfixturevalue("s3_address")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    bucket = f"portal-{uuid4().hex}"
    import httpx

    httpx.put(
        f"{address}/{bucket}",
        content='<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        "<LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>",
        headers={"Authorization": "AWS4-HMAC-SHA256 Credential=key/20260110/eu-central-1/s3/aws4_request"},
    ).raise_for_status()
    return f"s3://{bucket}/letters?endpoint={address}&region=eu-central-1"


@pytest.fixture
def objects(url: str) -> Iterator[ObjectStore]:
    objects = ObjectStore(url, SECRETS)
    yield objects
    objects.close()


@pytest.fixture
def folder(tmp_path: Path) -> ObjectStore:
    return ObjectStore(str(tmp_path / "objects"), SECRETS)


@pytest.mark.parametrize("content", [b"", b"x", LETTER, os.urandom(300_000)], ids=["empty", "one", "letter", "large"])
def test_what_was_put_is_read_again_whole_and_in_pieces(objects: ObjectStore, content: bytes) -> None:
    stored = objects.put(content)

    assert objects.read(stored.key, stored.wrapped_key) == content
    assert b"".join(objects.stream(stored.key, stored.wrapped_key)) == content
    assert (stored.size, stored.sha256) == (len(content), sha256(content).hexdigest())


def test_keys_are_generated_and_show_nothing(objects: ObjectStore) -> None:
    stored = objects.put(LETTER)

    assert re.fullmatch(r"[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{32}", stored.key)


def test_many_come_back_in_order_each_with_its_own_key(objects: ObjectStore) -> None:
    contents = [f"letter {number}".encode() for number in range(40)]

    stored = objects.put_many(contents)

    assert [objects.read(one.key, one.wrapped_key) for one in stored] == contents
    assert len({one.key for one in stored}) == 40
    assert len({SECRETS.open(PURPOSE, one.wrapped_key) for one in stored}) == 40
    assert objects.put_many([]) == []


def test_deleting_makes_it_missing_and_may_be_repeated(objects: ObjectStore) -> None:
    kept, *gone = objects.put_many([b"kept", b"first", b"second", b"third"])

    objects.delete(gone[0].key)
    objects.delete(gone[0].key)
    objects.delete_many([one.key for one in gone[1:]])

    for one in gone:
        with pytest.raises(ObjectMissing):
            objects.read(one.key, one.wrapped_key)
    assert [key for key, _ in objects.list_keys()] == [kept.key]
    assert objects.read(kept.key, kept.wrapped_key) == b"kept"


def test_the_list_tells_when_each_was_written(objects: ObjectStore) -> None:
    stored = objects.put_many([b"first", b"second"])

    listed = dict(objects.list_keys())

    assert set(listed) == {one.key for one in stored}
    assert all(abs(datetime.now(UTC) - moment) < timedelta(seconds=10) for moment in listed.values())


def test_a_place_in_order_passes_the_check(objects: ObjectStore) -> None:
    objects.check()


@pytest.mark.parametrize("key", ["../secret", "/etc/passwd", "ab/cd/..", "ab\\cd", "a\0b", "", "ab/cd/" + "g" * 32])
def test_a_key_that_was_never_generated_reaches_nothing(objects: ObjectStore, key: str) -> None:
    stored = objects.put(b"content")

    with pytest.raises(ValueError, match="generated"):
        objects.delete(key)
    with pytest.raises(ValueError, match="generated"):
        objects.read(key, stored.wrapped_key)


def test_bytes_at_rest_are_not_readable(folder: ObjectStore, tmp_path: Path) -> None:
    stored = folder.put(LETTER)

    at_rest = (tmp_path / "objects" / stored.key).read_bytes()

    assert b"Anna" not in at_rest
    assert b"%PDF" not in at_rest


def test_another_installations_key_reads_nothing(folder: ObjectStore, tmp_path: Path) -> None:
    stored = folder.put(LETTER)
    stranger = ObjectStore(str(tmp_path / "objects"), Secrets(["another key that was made by chance too"]))

    with pytest.raises(ObjectDamaged):
        stranger.read(stored.key, stored.wrapped_key)


def test_the_key_of_one_document_does_not_open_another(folder: ObjectStore) -> None:
    annas, belas = folder.put_many([b"for Anna", b"for Bela"])

    with pytest.raises(ObjectDamaged):
        folder.read(annas.key, belas.wrapped_key)


def test_bytes_that_changed_at_rest_are_a_damage(folder: ObjectStore, tmp_path: Path) -> None:
    stored = folder.put(LETTER)
    file = tmp_path / "objects" / stored.key
    file.write_bytes(file.read_bytes()[:-1] + b"?")

    with pytest.raises(ObjectDamaged):
        folder.read(stored.key, stored.wrapped_key)


def test_after_a_rotation_documents_are_still_read_and_can_be_rewrapped(folder: ObjectStore, tmp_path: Path) -> None:
    new = "a newer key that was made by chance 002"
    stored = folder.put(LETTER)
    rotated = ObjectStore(str(tmp_path / "objects"), Secrets([new, "a key that was made by chance for tests"]))

    rewrapped = rotated.rewrap(stored.wrapped_key)

    assert rotated.read(stored.key, stored.wrapped_key) == LETTER
    assert ObjectStore(str(tmp_path / "objects"), Secrets([new])).read(stored.key, rewrapped) == LETTER


def test_the_folder_is_for_its_owner_only(folder: ObjectStore, tmp_path: Path) -> None:
    stored = folder.put(LETTER)

    file = tmp_path / "objects" / stored.key
    assert [place.stat().st_mode & 0o077 for place in (file, tmp_path / "objects")] == [0, 0]


def test_the_list_knows_only_what_was_stored_here(folder: ObjectStore, tmp_path: Path) -> None:
    stored = folder.put(b"content")
    (tmp_path / "objects" / "readme").write_text("not ours")
    (tmp_path / "objects" / Path(stored.key).parent / "notes.txt").write_text("not ours")

    assert [key for key, _ in folder.list_keys()] == [stored.key]


def test_a_file_address_names_a_folder(tmp_path: Path) -> None:
    stored = ObjectStore(f"file:{tmp_path}/k%C3%BCldem%C3%A9nyek", SECRETS).put(b"content")

    assert (tmp_path / "küldemények" / stored.key).exists()


@pytest.mark.parametrize("url", ["ftp://somewhere/letters", "s3://", "s3://bucket?colour=blue"])
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match=r"s3://"):
        ObjectStore(url, SECRETS)


def test_a_folder_that_vanished_is_unavailable(folder: ObjectStore, tmp_path: Path) -> None:
    (tmp_path / "objects").rename(tmp_path / "elsewhere")

    with pytest.raises(StorageUnavailable):
        folder.check()


def test_a_bucket_nobody_serves_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    objects = ObjectStore("s3://letters?endpoint=http://127.0.0.1:9&region=eu-central-1", SECRETS)

    with pytest.raises(StorageUnavailable):
        objects.check()
    with pytest.raises(StorageUnavailable):
        objects.put(LETTER)


def test_a_bucket_that_does_not_exist_is_unavailable(s3_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    objects = ObjectStore(f"s3://no-such-bucket?endpoint={s3_address}", SECRETS)

    with pytest.raises(StorageUnavailable):
        objects.check()
    with pytest.raises(StorageUnavailable):
        objects.put(LETTER)


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="mounting a small disk needs root on Linux")
def test_a_full_disk_is_a_refusal_of_its_own_and_reading_goes_on(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)], check=False)
    if mounted.returncode:
        pytest.skip("this machine does not let us mount")
    try:
        objects = ObjectStore(str(disk / "objects"), SECRETS)
        stored = objects.put(LETTER)

        with pytest.raises(StorageFull):
            objects.put_many([os.urandom(60_000)] * 8)

        assert objects.read(stored.key, stored.wrapped_key) == LETTER
    finally:
        subprocess.run(["umount", str(disk)], check=True)


TRACED = """
import sys
from portal_app.gateways.objects import ObjectStore
from portal_app.gateways.secrets import Secrets
calls = []
import os
real = os.fsync
os.fsync = lambda descriptor: (calls.append(os.readlink(f"/proc/self/fd/{descriptor}")), real(descriptor))
objects = ObjectStore(sys.argv[1], Secrets(["a key that was made by chance for tests"]))
stored = objects.put_many([b"first", b"second"])
print("\\n".join([*(one.key for one in stored), "--", *calls]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_file_and_every_folder_above_are_fsynced_before_put_returns(tmp_path: Path) -> None:
    root = tmp_path / "objects"

    run = subprocess.run([sys.executable, "-c", TRACED, str(root)], capture_output=True, text=True, check=True)

    keys, calls = (part.split() for part in run.stdout.split("--"))
    shard = root / Path(keys[0]).parent
    assert set(calls[:2]) == {str(root / key) for key in keys}
    assert calls[2:] == [str(shard), str(shard.parent), str(root)]
