"""SVG that may stand inside a page: nothing that acts, nothing from elsewhere, names that do not collide."""

from __future__ import annotations

import re
from xml.etree import ElementTree

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
#: What matplotlib draws with; everything else (scripts, foreign objects, animations, links) is left out.
_ELEMENTS = frozenset(
    {
        "svg", "g", "defs", "path", "use", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan",
        "clipPath", "image", "linearGradient", "radialGradient", "stop", "marker", "pattern", "mask",
    }
)  # fmt: skip
_ATTRIBUTES = frozenset(
    {
        "id", "d", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "width", "height", "viewBox",
        "points",
        "transform", "fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-opacity", "stroke-linecap",
        "stroke-linejoin", "stroke-dasharray", "stroke-dashoffset", "stroke-miterlimit", "opacity", "clip-path",
        "clip-rule", "clipPathUnits", "font-size", "font-family", "font-weight", "font-style", "text-anchor", "offset",
        "stop-color", "stop-opacity", "gradientUnits", "gradientTransform", "preserveAspectRatio", "image-rendering",
        "patternUnits", "patternTransform", "mask", "version",
    }
)  # fmt: skip
_REFERENCE = re.compile(r"url\(\s*#([^)\s]+)\s*\)")


def inline(text: str, prefix: str, title: str) -> str:
    """Return an SVG as an element for HTML. Raises ValueError if the text is no SVG that can be read.

    `prefix`: put before every name, so that several figures fit on one page. `title`: what a screen reader says.
    Styles become attributes, since a strict page allows no styles inside of elements.
    """
    if re.search(r"<!(ENTITY|ATTLIST|ELEMENT)", text, re.I):
        raise ValueError("an SVG with entities")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise ValueError(str(error)) from None
    if _local(root) != "svg":
        raise ValueError("no SVG")
    _clean(root, prefix)
    for size in ("width", "height"):
        root.attrib.pop(size, None)
    root.set("role", "img")
    root.set("aria-label", title)
    root.set("xmlns", _SVG)
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=True)


def _local(element: ElementTree.Element) -> str:
    return element.tag.removeprefix(f"{{{_SVG}}}") if isinstance(element.tag, str) else ""


def _clean(element: ElementTree.Element, prefix: str) -> None:
    for child in list(element):
        if _local(child) in _ELEMENTS and (_local(child) != "svg"):
            _clean(child, prefix)
        else:
            element.remove(child)
    element.tag = _local(element)
    element.attrib = _attributes(element, prefix)


def _attributes(element: ElementTree.Element, prefix: str) -> dict[str, str]:
    given = {key.removeprefix(f"{{{_SVG}}}"): value for key, value in element.attrib.items()}
    for rule in given.pop("style", "").split(";"):
        name, _, value = rule.partition(":")
        if name.strip():
            given[name.strip()] = value.strip()
    kept = {}
    for name, value in given.items():
        if name in ("href", f"{{{_XLINK}}}href"):
            # Only to something in the same figure, or a picture that is in the file itself.
            if value.startswith("#"):
                kept["href"] = f"#{prefix}{value[1:]}"
            elif element.tag == "image" and re.match(r"data:image/png;base64,[A-Za-z0-9+/=\s]*$", value):
                kept["href"] = value
        elif name in _ATTRIBUTES:
            if name == "id":
                value = prefix + value
            elif "url(" in value.lower():
                if not _REFERENCE.fullmatch(value.strip()):
                    continue
                value = _REFERENCE.sub(rf"url(#{prefix}\1)", value)
            kept[name] = value
    return kept
