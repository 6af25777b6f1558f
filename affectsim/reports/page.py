"""A report as one HTML file: no script, no request, everything escaped, readable on paper and on a phone."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from html import escape
from typing import assert_never

from affectsim.reports.blocks import Block, Listed, Picture, Section, Table, Verbatim, Words
from affectsim.reports.svg import inline
from affectsim.results import DISCLAIMER

_STYLE = """
:root { --paper: #fbfaf7; --ink: #22252b; --quiet: #565c66; --line: #d5d3cb; --card: #ffffff; --focus: #1b4fd8; }
* { box-sizing: border-box; }
html { color-scheme: light; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, "Segoe UI", Roboto, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1.2rem 1rem 3rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: .2rem 0 .6rem; text-wrap: balance; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.2rem 0 .5rem; padding-top: .6rem; border-top: 1px solid var(--line); }
p, ul { max-width: 46rem; overflow-wrap: anywhere; }
p { margin: .5rem 0; }
li { margin: .15rem 0; }
.kind, figcaption, caption { color: var(--quiet); }
.notice { border-inline-start: 4px solid #8a5a00; background: #fff6e0; padding: .5rem .8rem; }
.notice p { margin: .2rem 0; }
.disclaimer { border-inline-start: 4px solid var(--line); padding-inline-start: .8rem; }
.wide { overflow-x: auto; margin: .8rem 0; max-width: 100%; }
.wide:focus-visible, a:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
table { border-collapse: collapse; font-size: .95rem; font-variant-numeric: tabular-nums; background: var(--card); }
caption { text-align: start; padding: .2rem 0 .4rem; }
th, td { padding: .35rem .7rem; border-bottom: 1px solid var(--line); text-align: end; vertical-align: top; }
th:first-child, td:first-child, td.words, th.words { text-align: start; }
thead th { border-bottom: 2px solid var(--ink); vertical-align: bottom; }
tbody th { font-weight: 600; min-width: 7rem; }
thead th { overflow-wrap: break-word; }
td { white-space: nowrap; }
td.words { white-space: normal; min-width: 11rem; }
figure { margin: 1rem 0; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .5rem; }
figure .wide { margin: 0; }
figure svg, figure img { display: block; width: 100%; min-width: 34rem; height: auto; }
figure svg { stroke-linejoin: round; stroke-linecap: butt; }
pre { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .7rem .9rem;
  font: .88rem/1.45 ui-monospace, "DejaVu Sans Mono", monospace; width: max-content; min-width: 100%; }
pre.command { white-space: pre-wrap; overflow-wrap: anywhere; width: auto; }
@media print {
  body { background: #fff; font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  h2 { break-after: avoid; }
  figure, tr, pre { break-inside: avoid; }
  figure { border: 0; padding: 0; }
  figure svg, figure img { min-width: 0; }
  .wide { overflow: visible; }
  pre { white-space: pre-wrap; width: auto; }
}
"""


def page(title: str, kind: str, notices: Sequence[str], sections: Sequence[Section]) -> str:
    """Return the report as HTML. `kind`: what sort of result it is; `notices`: what a reader must know first."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; script-src 'none'; base-uri 'none'; "
        "form-action 'none'"
    )
    figures = 0
    parts = []
    for place, section in enumerate(sections):
        written = []
        for block in section.blocks:
            figures += isinstance(block, Picture)
            written.append(_block(block, figures))
        name = f"section-{place + 1}"
        parts.append(
            f'<section aria-labelledby="{name}">\n<h2 id="{name}">{escape(section.title)}</h2>\n'
            + "\n".join(written) + "\n</section>"
        )  # fmt: skip
    notice = ""
    if notices:
        words = "".join(f"<p>{escape(text)}</p>" for text in notices)
        notice = f'<div class="notice" role="note">{words}</div>\n'
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<header>
<p class="kind">affectsim: {escape(kind)}</p>
<h1>{escape(title)}</h1>
<p class="disclaimer">{escape(DISCLAIMER)}</p>
{notice}</header>
{chr(10).join(parts)}
</main>
</body>
</html>
"""


def _block(block: Block, figure: int) -> str:
    match block:
        case Words(text):
            return f"<p>{escape(text)}</p>"
        case Listed(lines):
            return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"
        case Verbatim(text, label):
            command = ' class="command"' if label.startswith("Command") else ""
            return f"{_wide(label)}<pre{command}>{escape(text)}</pre></div>"
        case Table():
            return _table(block)
        case Picture():
            return _picture(block, figure)
        case _:
            assert_never(block)


def _wide(label: str) -> str:
    """Begin a part that may be wider than the page: it scrolls by itself, also by keyboard."""
    return f'<div class="wide" role="region" tabindex="0" aria-label="{escape(label)}">'


def _table(table: Table) -> str:
    numeric = [all(_is_number(row[k]) for row in table.rows if k < len(row)) for k in range(len(table.head))]
    kinds = ["" if k == 0 or is_number else ' class="words"' for k, is_number in enumerate(numeric)]
    head = "".join(f'<th scope="col"{kind}>{escape(text)}</th>' for text, kind in zip(table.head, kinds, strict=True))
    body = []
    for row in table.rows:
        cells = "".join(f"<td{kind}>{escape(text)}</td>" for text, kind in zip(row[1:], kinds[1:], strict=True))
        body.append(f'<tr><th scope="row">{escape(row[0])}</th>{cells}</tr>')
    caption = escape(table.caption)
    return (
        f"{_wide(table.caption)}<table><caption>{caption}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def _is_number(text: str) -> bool:
    return bool(re.match(r"^([+\-−]?[\d.,]+|-|n/a)", text)) and len(text) < 34


def _picture(picture: Picture, number: int) -> str:
    if isinstance(picture.image, bytes):
        data = base64.b64encode(picture.image).decode()
        image = f'<img src="data:image/png;base64,{data}" alt="{escape(picture.alt)}">'
    else:
        try:
            image = inline(picture.image, f"f{number}-", picture.alt)
        except ValueError:
            return f"<p>Figure {number} cannot be shown: it is no SVG. {escape(picture.alt)}</p>"
    caption = f"<figcaption>Figure {number}. {escape(picture.caption or picture.alt)}</figcaption>"
    return f"<figure>{_wide(f'Figure {number}')}{image}</div>{caption}</figure>"
