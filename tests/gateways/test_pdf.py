"""PDFs: what they say, what is wrong with them, what they look like; parsed where they can do no harm."""

import io
import os
import signal
import time
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from pikepdf import Array, Dictionary, Name
from PIL import Image

from portal_app.domain.errors import AttachmentDamaged, AttachmentEncrypted, AttachmentNotPdf
from portal_app.gateways import pdf
from portal_app.gateways.parsing import Limits, ParsingRoom, parsing_room
from portal_app.gateways.pdf import PdfFacts, inspect_in_sandbox, inspect_many, inspect_pdf
from tests import making

INSPECTORS = pytest.mark.parametrize("inspect", [inspect_pdf, inspect_in_sandbox], ids=["here", "sandbox"])


def changed(change: object, **options: object) -> bytes:
    assert callable(change)
    document = pikepdf.open(io.BytesIO(making.letter_pdf()))
    change(document)
    made = io.BytesIO()
    document.save(made, **options)  # type: ignore[arg-type]
    return made.getvalue()


@INSPECTORS
def test_a_letter_tells_its_facts(inspect: object) -> None:
    assert callable(inspect)

    facts = inspect(making.letter_pdf("Kedves Anna!", title="Díjfizetési értesítő", pages=3))

    assert facts == PdfFacts(3, "Díjfizetési értesítő", tagged=True, language="hu", active_content=False)


@INSPECTORS
def test_a_bare_pdf_without_title_language_and_tags_is_fine(inspect: object) -> None:
    assert callable(inspect)
    document = pikepdf.new()
    document.add_blank_page()
    made = io.BytesIO()
    document.save(made)

    assert inspect(made.getvalue()) == PdfFacts(1, None, tagged=False, language=None, active_content=False)


@pytest.mark.parametrize(
    "options",
    [
        {"linearize": True},
        {"object_stream_mode": pikepdf.ObjectStreamMode.generate},
        {"qdf": True},
        {"force_version": "2.0"},
        {"encryption": pikepdf.Encryption(owner="owner", user="")},
    ],
    ids=["linearized", "object streams", "qdf", "2.0", "opens without password"],
)
def test_every_sound_form_of_a_pdf_is_accepted(options: dict[str, object]) -> None:
    assert inspect_pdf(changed(lambda _: None, **options)).pages == 1


@INSPECTORS
@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"<html>" + making.letter_pdf(), b"\n" + making.letter_pdf(), making.docx(), making.photo()],
    ids=["empty", "text", "html before", "line before", "docx", "photo"],
)
def test_what_does_not_begin_as_a_pdf_is_none(inspect: object, content: bytes) -> None:
    assert callable(inspect)

    with pytest.raises(AttachmentNotPdf):
        inspect(content)


WHOLE = making.letter_pdf()
DAMAGED = {
    "table gone": making.damaged_pdf(),
    "half": WHOLE[: len(WHOLE) // 2],
    "only the first line": WHOLE[:9],
    "table elsewhere": WHOLE[: WHOLE.rindex(b"startxref")] + b"startxref\n4711\n%%EOF",
    "bytes inserted": WHOLE[:2000] + b"abc" + WHOLE[2000:],
    "much behind the end": WHOLE + b"<html>" * 500,
    "a page twice": making.pdf_with_broken_page_tree(),
    "no pages": making.pdf_without_pages(),
    "wrong count": WHOLE.replace(b"/Count 1", b"/Count 7"),
    "tree gone": changed(lambda pdf: pdf.Root.__delattr__("Pages")),
    "tree in a ring": changed(lambda pdf: pdf.Root.Pages.Kids.append(pdf.Root.Pages)),
    "a kid that is no page": changed(lambda pdf: pdf.Root.Pages.Kids.append(pdf.make_indirect(Dictionary()))),
}


@INSPECTORS
@pytest.mark.parametrize("kind", DAMAGED)
def test_what_a_parser_would_have_to_rebuild_is_damaged(inspect: object, kind: str) -> None:
    assert callable(inspect)

    with pytest.raises(AttachmentDamaged):
        inspect(DAMAGED[kind])


@INSPECTORS
def test_what_asks_for_a_password_is_encrypted(inspect: object) -> None:
    assert callable(inspect)

    with pytest.raises(AttachmentEncrypted):
        inspect(making.encrypted_pdf())


def annotation(document: pikepdf.Pdf, **more: Any) -> None:
    rectangle = Array([0, 0, 10, 10])
    document.pages[0].Annots = document.make_indirect(Array([Dictionary(Type=Name.Annot, Rect=rectangle, **more)]))


ACTIVE = {
    "javascript on opening": ("javascript", making.pdf_with_javascript()),
    "javascript in object streams": ("javascript", making.active_in_object_streams()),
    "launch": ("launch", making.pdf_with_launch()),
    "embedded file": ("embedded_file", making.pdf_with_embedded_file()),
    "file attachment": ("embedded_file", changed(lambda pdf: annotation(pdf, Subtype=Name.FileAttachment))),
    "named javascript": (
        "javascript",
        changed(lambda pdf: pdf.Root.__setattr__("Names", Dictionary(JavaScript=Dictionary(Names=Array([]))))),
    ),
    "page action": (
        "javascript",
        changed(lambda pdf: pdf.pages[0].obj.__setattr__("AA", Dictionary(O=Dictionary(S=Name.JavaScript, JS="x")))),
    ),
    "chained action": (
        "launch",
        changed(
            lambda pdf: annotation(
                pdf, Subtype=Name.Link, A=Dictionary(S=Name.URI, URI="https://a.hu", Next=Dictionary(S=Name.Launch))
            )
        ),
    ),
    "form sent elsewhere": (
        "submit_form",
        changed(lambda pdf: annotation(pdf, Subtype=Name.Link, A=Dictionary(S=Name.SubmitForm))),
    ),
    "xfa form": ("xfa", changed(lambda pdf: pdf.Root.__setattr__("AcroForm", Dictionary(XFA=Array([]))))),
    "rich media": ("rich_media", changed(lambda pdf: annotation(pdf, Subtype=Name.RichMedia))),
    "nobody points at it": (
        "javascript",
        changed(
            lambda pdf: pdf.Root.__setattr__("Extra", pdf.make_indirect(Dictionary(Type=Name("/X"), JS="x"))),
        ),
    ),
}


@pytest.mark.parametrize("kind", ACTIVE)
def test_what_runs_or_hides_is_active_and_names_the_reason(kind: str) -> None:
    reason, content = ACTIVE[kind]

    facts = inspect_pdf(content)

    assert facts.active_content
    assert reason in facts.reasons


def test_names_with_escapes_do_not_hide_what_runs() -> None:
    written = making.pdf_with_launch()
    hidden = written.replace(b"/F (calc.exe) /S /Launch", b"/F (calc.e) /S /L#61unch")

    facts = inspect_pdf(hidden)

    assert len(hidden) == len(written)

    assert facts.reasons == ("launch",)


def test_links_forms_and_words_about_javascript_are_not_active() -> None:
    def harmless(document: pikepdf.Pdf) -> None:
        annotation(document, Subtype=Name.Link, A=Dictionary(S=Name.URI, URI="https://minta.example.hu/"))
        document.docinfo["/Title"] = "About /JavaScript and /Launch"
        document.Root.OpenAction = Array([document.pages[0].obj, Name.Fit])

    facts = inspect_pdf(changed(harmless))

    assert facts.title == "About /JavaScript and /Launch"
    assert not facts.active_content


def test_many_are_inspected_in_order_each_with_its_own_answer() -> None:
    letter, script = making.letter_pdf(), making.pdf_with_javascript()
    contents = [letter, making.damaged_pdf(), script, b"no pdf", making.encrypted_pdf()] * 9

    answers = inspect_many(contents)

    kinds = [answer.reasons if isinstance(answer, PdfFacts) else answer.code for answer in answers]
    expected = [(), "attachment_damaged", ("javascript",), "attachment_not_pdf", "attachment_encrypted"]
    assert kinds == expected * 9
    assert inspect_many([]) == []


@settings(max_examples=80, deadline=None)
@given(some.lists(some.tuples(some.integers(0, len(WHOLE) - 1), some.integers(0, 255)), min_size=1, max_size=30))
def test_a_pdf_with_changed_bytes_is_accepted_or_refused_but_never_a_fault(changes: list[tuple[int, int]]) -> None:
    content = bytearray(WHOLE)
    for place, value in changes:
        content[place] = value

    try:
        facts = inspect_pdf(bytes(content))
    except (AttachmentDamaged, AttachmentNotPdf, AttachmentEncrypted):
        return

    assert facts.pages >= 1


def test_a_page_image_has_the_width_that_was_asked_for() -> None:
    content = making.letter_pdf("Kedves Anna!", pages=2)

    drawn = [Image.open(io.BytesIO(pdf.page_image(content, page, 900))) for page in (1, 2)]

    assert [image.width for image in drawn] == [900, 900]
    assert [image.format for image in drawn] == ["WEBP", "WEBP"]
    assert drawn[0].height == pytest.approx(900 * 2**0.5, abs=2)
    darkest, lightest = drawn[0].convert("L").getextrema()
    assert (darkest < 60, lightest > 250) == (True, True)


def test_a_page_with_a_photograph_is_drawn_in_all_its_colours() -> None:
    photo = io.BytesIO()
    Image.linear_gradient("L").resize((600, 800)).convert("RGB").save(photo, "PDF")

    drawn = Image.open(io.BytesIO(pdf.page_image(photo.getvalue(), 1, 400)))

    colours = drawn.convert("L").getcolors()
    assert colours is not None
    assert len(colours) > 100


@pytest.mark.parametrize(("asked", "got"), [(1, 64), (100_000, 2400)])
def test_nobody_gets_an_image_of_boundless_size(asked: int, got: int) -> None:
    assert Image.open(io.BytesIO(pdf.page_image(making.letter_pdf(), 1, asked))).width == got


def test_a_page_as_long_as_a_wall_is_drawn_small() -> None:
    tall = changed(lambda document: document.pages[0].obj.__setattr__("MediaBox", Array([0, 0, 10, 14000])))

    drawn = Image.open(io.BytesIO(pdf.page_image(tall, 1, 2400)))

    assert drawn.width * drawn.height <= 16_100_000


@pytest.mark.parametrize("page", [0, -1, 2])
def test_a_page_that_is_not_there_is_an_index_error(page: int) -> None:
    with pytest.raises(IndexError):
        pdf.page_image(making.letter_pdf(), page, 900)


def test_texts_come_page_by_page_with_hungarian_letters() -> None:
    texts = pdf.page_texts(making.letter_pdf("Árvíztűrő tükörfúrógép", title="Fedezetigazolás", pages=2))

    assert texts == ["Fedezetigazolás\nÁrvíztűrő tükörfúrógép", "Árvíztűrő tükörfúrógép"]


def test_pages_are_counted() -> None:
    assert pdf.page_count(making.letter_pdf(pages=4)) == 4


def test_what_cannot_be_drawn_or_read_is_damaged() -> None:
    with pytest.raises(AttachmentDamaged):
        pdf.page_image(b"%PDF-1.7\nnothing", 1, 900)
    with pytest.raises(AttachmentDamaged):
        pdf.page_texts(b"%PDF-1.7\nnothing")


def test_a_parser_that_takes_too_long_is_stopped_and_the_next_file_gets_a_new_one() -> None:
    room = ParsingRoom(workers=1, limits=Limits(seconds=2))
    inspect_in_sandbox(making.letter_pdf(), room)
    worker = _only_worker(room)
    os.kill(worker, signal.SIGSTOP)
    started = time.monotonic()

    with pytest.raises(AttachmentDamaged):
        inspect_in_sandbox(making.letter_pdf(), room)

    assert time.monotonic() - started < 4
    assert inspect_in_sandbox(making.letter_pdf(), room).pages == 1
    assert _only_worker(room) != worker
    room.close()


def test_a_parser_that_crashes_harms_one_file_only() -> None:
    room = ParsingRoom(workers=1)
    inspect_in_sandbox(making.letter_pdf(), room)
    os.kill(_only_worker(room), signal.SIGSEGV)

    with pytest.raises(AttachmentDamaged):
        inspect_in_sandbox(making.letter_pdf(), room)

    assert inspect_in_sandbox(making.letter_pdf(), room).pages == 1
    room.close()


def test_a_parser_that_wants_too_much_memory_is_stopped() -> None:
    room = ParsingRoom(workers=1, limits=Limits(megabytes=300))
    inspect_in_sandbox(making.letter_pdf(), room)

    with pytest.raises(AttachmentDamaged):
        inspect_in_sandbox(b"%PDF-1.7\n" + bytes(200 << 20), room)

    assert inspect_in_sandbox(making.letter_pdf(), room).pages == 1
    room.close()


def test_a_handful_that_kills_the_worker_harms_only_the_file_that_did_it() -> None:
    room = ParsingRoom(workers=1, limits=Limits(megabytes=300))
    bomb = b"%PDF-1.7\n" + bytes(200 << 20)

    answers = inspect_many([making.letter_pdf(), bomb, making.letter_pdf()], room)

    assert [isinstance(answer, PdfFacts) for answer in answers] == [True, False, True]
    room.close()


def test_a_worker_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_SECRET_KEY", "a secret that no parser may see")
    room = ParsingRoom(workers=1)
    inspect_in_sandbox(making.letter_pdf(), room)

    known = Path(f"/proc/{_only_worker(room)}/environ").read_bytes()

    assert b"PORTAL" not in known
    assert b"LANG=C.UTF-8" in known
    room.close()


def test_the_process_has_one_parsing_room() -> None:
    assert parsing_room() is parsing_room()


def _only_worker(room: ParsingRoom) -> int:
    worker = room._places.get()
    room._places.put(worker)
    assert worker is not None
    return worker.process.pid
