import base64
from email.message import EmailMessage

import pytest

from pipeline.documents.readers.office import MAIL, DoclingReader
from pipeline.errors import ReadError
from pipeline.params import IngestParams
from tests.support.files import picture


@pytest.fixture
def read(ingest: IngestParams):
    def _read(content: bytes) -> str:
        return DoclingReader(MAIL, ingest).read(content).text

    return _read


def _mail(**headers: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in {"Subject": "Pümpe", "From": "Ada <ada@example.org>", **headers}.items():
        message[name] = value
    return message


@pytest.mark.parametrize("transfer", ["quoted-printable", "base64", "8bit"])
@pytest.mark.parametrize("charset", ["utf-8", "cp1252"])
def test_headers_and_body_are_decoded(read, charset: str, transfer: str) -> None:
    message = _mail(To="Bob <bob@example.org>")
    message.set_content("Das Gerät = 5 €.\n\nZweiter Absatz.", charset=charset, cte=transfer)
    text = read(message.as_bytes())
    assert text == (
        "# Pümpe\n\nFrom: Ada <ada@example.org>\n\nTo: Bob <bob@example.org>\n\n"
        "Das Gerät = 5 €.\n\nZweiter Absatz."
    )


def test_of_two_forms_of_the_body_one_is_read(read) -> None:
    message = _mail()
    message.set_content("plain words")
    message.add_alternative("<p>marked words</p>", subtype="html")
    assert read(message.as_bytes()).count("words") == 1


def test_a_body_of_html_only_is_read(read) -> None:
    message = _mail()
    message.set_content("  \n")
    message.add_alternative("<h1>Kopf</h1><p>Größe <b>5</b></p>", subtype="html", charset="cp1252")
    assert read(message.as_bytes()).endswith("# Kopf\n\nGröße **5**")


def test_attachments_are_named_and_not_read(read) -> None:
    message = _mail()
    message.set_content("See the plan.")
    message.add_attachment(picture(), maintype="image", subtype="png", filename="Plän.png")
    text = read(message.as_bytes())
    assert "Plän.png" in text
    assert base64.b64encode(picture())[:20].decode() not in text


def test_a_signature_under_dashes_makes_no_heading(ingest: IngestParams) -> None:
    message = _mail()
    message.set_content("The last line\n---\nAda")
    reading = DoclingReader(MAIL, ingest).read(message.as_bytes())
    assert [heading.title for heading in reading.headings] == ["Pümpe"]


def test_deeply_nested_html_is_refused(read) -> None:
    message = _mail()
    message.set_content("<div>" * 100_000 + "deep", subtype="html", cte="base64")
    with pytest.raises(ReadError, match="nested too deeply"):
        read(message.as_bytes())


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_letters_survive_where_no_encoding_is_declared(read, encoding: str) -> None:
    assert read("Subject: a\n\nGröße 5 €\n".encode(encoding)) == "# a\n\nGröße 5 €"


def test_what_is_no_mail_is_refused(read) -> None:
    with pytest.raises(ReadError, match="NUL"):
        read(b"\0\1\2\3")
