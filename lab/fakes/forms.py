"""Files in a form, as browsers and programs send them (multipart/form-data, RFC 7578)."""

from __future__ import annotations

from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP

from lab.fakes.routes import RefusedError, Request


def uploaded(request: Request, field: str) -> list[tuple[str, bytes]]:
    """Name and content of every file in a form's field.

    Raises:
        RefusedError: The body is no form.
    """
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        raise RefusedError(422, "body: must be multipart/form-data")
    form = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + request.body)
    return [
        (name, content)
        for part in form.walk()
        if (name := _file_name(part, field)) and isinstance(content := part.get_payload(decode=True), bytes)
    ]


def _file_name(part: Message, field: str) -> str:
    named = part.get_param("name", header="content-disposition") == field
    return (part.get_filename() or "") if named else ""
