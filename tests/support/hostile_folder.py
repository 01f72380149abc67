"""A folder of everything that breaks a reader of documents, as real files."""

import io
import os
import socket
import struct
import zipfile
import zlib
from pathlib import Path

from tests.support.versions import pdf

GOOD = {
    "good.md": "# Pump\n\nThe warranty of the Fjell pump lasts five years.\n",
    "new\nline.txt": "A name may hold a line break.",
    "..up..and..away/..dots..txt": "A name may be full of dots.",
    "\U0001f600 smile.txt": "A name may hold an emoji.",
    "\x1b[31mred.txt": "A name may hold an escape sequence.",
    "dvc.yaml": "stages: [",
    "caf\u00e9 \u202egnp.txt": "A name may be written from right to left.",
}
"""What is to be read, by name."""

QUARANTINED = {
    "bomb.docx": "unpack",
    "many pages.pdf": "10,?000 pages",
    "huge.png": "megapixel",
    "caf\ufffd.txt": "not valid UTF-8",
    "out.txt": "link out of the folder",
    "lost.txt": "leads nowhere",
    "folder": "link out of the folder",
    "inside": "link to a folder",
    "pipe.txt": "no regular file",
    "socket": "no regular file",
    "empty.txt": "it is empty",
    "picture.txt": "holds a PNG image",
    "locked.pdf": "needs a password",
    "cut off.pdf": "not readable as PDF",
    "nothing.docx": "holds a ZIP file",
}
"""What cannot be read, by printable name, with a pattern of its reason."""

# Root may read everything.
if os.geteuid() != 0:
    QUARANTINED["unreadable.txt"] = "it cannot be opened"

DUPLICATES = {"z copy.md": "good.md", "link.md": "good.md"}


def write_hostile_folder(root: Path) -> Path:
    """Write `hostile` and, beside it, what its links lead to."""
    folder, outside = root / os.fsdecode(b"h\xf6stile\nfolder"), root / "outside"
    folder.mkdir(parents=True)
    outside.mkdir()
    (outside / "secret.txt").write_text("Nobody asked for this.", encoding="utf-8")
    for name, text in GOOD.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    _write_entries(folder, outside)
    picture = png(3, 3)
    contents = {
        "bomb.docx": bomb(1200),
        "many pages.pdf": pages(10_000),
        "huge.png": png(35_000, 35_000),
        "z copy.md": GOOD["good.md"].encode(),
        "empty.txt": b"",
        "picture.txt": picture,
        "locked.pdf": pdf("Nobody knows.", password="secret"),
        "cut off.pdf": pdf("Half of it is gone.")[:300],
        "nothing.docx": b"PK\x05\x06" + bytes(18),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    if "unreadable.txt" in QUARANTINED:
        (folder / "unreadable.txt").touch(mode=0)
    return folder


def _write_entries(folder: Path, outside: Path) -> None:
    """Write what is no regular file, and a name that is no text."""
    (folder / os.fsdecode(b"caf\xe9.txt")).write_text("Latin-1.", encoding="utf-8")
    (folder / "link.md").symlink_to("good.md")
    (folder / "out.txt").symlink_to(outside / "secret.txt")
    (folder / "lost.txt").symlink_to("nowhere")
    (folder / "folder").symlink_to(outside)
    (folder / "inside").symlink_to("..up..and..away")
    os.mkfifo(folder / "pipe.txt")
    with socket.socket(socket.AF_UNIX) as listening:
        # The path of a socket is short; one from here to there may be shorter than the whole.
        listening.bind(os.path.relpath(folder / "socket"))


def bomb(megabytes: int) -> bytes:
    """Return a DOCX whose text unpacks to so many MiB of blanks."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        types = "http://schemas.openxmlformats.org/package/2006/content-types"
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{types}"/>')
        with archive.open("word/document.xml", "w", force_zip64=True) as document:
            for _ in range(megabytes):
                document.write(b" " * (1 << 20))
    return file.getvalue()


def png(width: int, height: int) -> bytes:
    """Return a black image of one bit a pixel, compressed row by row."""
    packer, row = zlib.compressobj(9), bytes(1 + (width + 7) // 8)
    rows = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    parts = (b"IHDR", header), (b"IDAT", rows), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )


def pages(count: int) -> bytes:
    """Return a PDF of empty pages, all alike."""
    kids = " ".join(f"{number} 0 R" for number in range(3, 3 + count))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {count} /Kids [{kids}] >>",
        *["<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] >>"] * count,
    ]
    file, starts = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, start=1):
        starts.append(len(file))
        file += f"{number} 0 obj\n{content}\nendobj\n".encode()
    table = "".join(f"{start:010} 00000 n \n" for start in starts)
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R >>\n"
    return bytes(file) + f"{end}startxref\n{len(file)}\n%%EOF\n".encode()
