"""What an answer says, described once, rendered as XML, JSON or JSONP.

An element is a mapping from names to values, and what a value is decides how it is written:

=====================  ================================  ==========================
value                  XML                               JSON
=====================  ================================  ==========================
text, number, moment   an attribute                      a string, number or boolean
`Words`                a child with text                 a string
an element             a child                           an object
a list of elements     a child for each                  an array, also of one
a list of texts        a child with text for each        an array, also of one
``value``              the element's own text            the member ``value``
None                   nothing                           nothing
=====================  ================================  ==========================
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias, cast
from xml.etree import ElementTree as ET

from fastapi import Response

import segue

Scalar: TypeAlias = str | int | float | bool | datetime
Element: TypeAlias = Mapping[str, "Value"]
Value: TypeAlias = Scalar | Element | Sequence[Element] | Sequence[str] | Sequence[int] | None
Form = Literal["xml", "json", "jsonp"]

VERSION: Final = "1.16.1"
_NAMESPACE: Final = "http://subsonic.org/restapi"
_ROOT: Final = "subsonic-response"
#: XML 1.0 has no words for these, not even escaped.
_NOT_IN_XML: Final = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
_CALLBACK: Final = re.compile(r"[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*")


class Words(str):
    """A text that is too long for an attribute: XML has it as a child."""

    __slots__ = ()


def succeeded(content: Element) -> Element:
    """Return a whole answer."""
    return {**_head("ok"), **content}


def failed(code: int, message: str) -> Element:
    """Return the answer that says why there is no other."""
    return {**_head("failed"), "error": {"code": code, "message": message}}


def rendered(answer: Element, form: Form, callback: str = "") -> Response:
    """Return an answer in the form that was asked for."""
    if form == "xml":
        return Response(as_xml(answer), media_type="application/xml")
    document = json.dumps({_ROOT: as_json(answer)}, ensure_ascii=False).encode(errors="replace")
    if form == "json" or not _CALLBACK.fullmatch(callback):
        return Response(document, media_type="application/json")
    return Response(callback.encode() + b"(" + document + b");", media_type="application/javascript")


def as_json(element: Element) -> dict[str, Any]:
    """Return an element as JSON has it."""
    return {name: _json_value(value) for name, value in element.items() if value is not None}


def as_xml(answer: Element) -> bytes:
    """Return a whole answer as an XML document."""
    root = ET.Element(_ROOT, xmlns=_NAMESPACE)
    _fill(root, answer)
    return cast("bytes", ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _head(status: str) -> dict[str, Value]:
    return {
        "status": status,
        "version": VERSION,
        "type": "segue",
        "serverVersion": segue.__version__,
        "openSubsonic": True,
    }


def _json_value(value: Value) -> Any:
    match value:
        case datetime():
            return _moment(value)
        case str() | int() | float():
            return value
        case Mapping():
            return as_json(value)
        case Sequence():
            return [_json_value(one) for one in value]


def _fill(node: ET.Element, element: Element) -> None:
    for name, value in element.items():
        match value:
            case None:
                continue
            case Mapping():
                _fill(ET.SubElement(node, name), value)
            case Words():
                ET.SubElement(node, name).text = _text(value)
            case str() | int() | float() | datetime():
                if name == "value":
                    node.text = _text(value)
                else:
                    node.set(name, _text(value))
            case Sequence():
                _add_all(node, name, value)


def _add_all(node: ET.Element, name: str, values: Sequence[Element] | Sequence[str] | Sequence[int]) -> None:
    for one in values:
        child = ET.SubElement(node, name)
        if isinstance(one, Mapping):
            _fill(child, one)
        else:
            child.text = _text(one)


def _text(value: Scalar) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            return _moment(value)
    return _NOT_IN_XML.sub(" ", str(value))


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
