"""`affectsim page`: the teaching page, as one file or on this machine."""

from __future__ import annotations

from pathlib import Path

import click

from affectsim.cli.output import free_file
from affectsim.cli.sheets import (
    checked_line,
    handout,
    help_line_option,
    lesson_option,
    lessons,
    overwrite_option,
    own_lessons,
)
from affectsim.text_files import write_text


@click.group(short_help="Make the page that teaches the three systems: one file, opens anywhere.")
def page() -> None:
    """The teaching page: one mind, a community, the landscape, lessons, in English and German.

    One HTML file that opens from disk on a phone or a projector and asks the network for nothing.
    """


@page.command(short_help="Write the page as one HTML file.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), default=Path("three-circles.html"),
              show_default=True,
              help="File to write.")  # fmt: skip
@overwrite_option
@lesson_option
@help_line_option
def build(out: Path, overwrite: bool, own: tuple[Path, ...], help_line: str) -> None:
    """Write the page as one self-contained HTML file, with lessons of your own if you have some."""
    free_file(out, overwrite, "page build")
    line, added = checked_line(help_line, "page build"), own_lessons(own, "page build")
    from affectsim.page.assemble import build_page

    text = build_page(added, line)
    write_text(out, text)
    click.echo(f"{out}: {len(text.encode()) / 1000:.0f} kB; open it in a browser")


@page.command(short_help="Show the page on this machine.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="Port; 0 takes a free one."
)
@lesson_option
@help_line_option
def serve(port: int, own: tuple[Path, ...], help_line: str) -> None:
    """Serve the page to this machine alone, until Ctrl-C."""
    line, added = checked_line(help_line, "page serve"), own_lessons(own, "page serve")
    from affectsim.page.assemble import build_page
    from affectsim.page.serve import HOST, server

    with server(build_page(added, line), port) as running:
        click.echo(f"http://{HOST}:{running.server_port}/  (Ctrl-C stops)")
        try:
            running.serve_forever()
        except KeyboardInterrupt:
            click.echo("stopped")


@page.command(short_help="Open the model in Mesa's own page, with sliders.")
@click.option("--slider", "sliders", multiple=True, metavar="NAME",
              help="A further parameter of the equations to get a slider; can be given several times.")  # fmt: skip
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="Port; 0 takes a free one."
)
@click.option("--browser/--no-browser", default=True, show_default=True, help="Open a browser window.")
def mesa(sliders: tuple[str, ...], port: int, browser: bool) -> None:
    """Open `AffectModel` in Mesa's SolaraViz: network, curves, sliders; for this machine alone, until Ctrl-C.

    Needs the extra viz: pip install 'affectsim[viz]'. Without the internet it needs solara-assets too.
    """
    from affectsim.mesa_app.serve import serve as served
    from affectsim.results import DISCLAIMER

    click.echo(DISCLAIMER)
    served(port, sliders, browser)


page.add_command(lessons)
page.add_command(handout)
