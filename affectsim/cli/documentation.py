"""`affectsim docs`: the pages that come with the package."""

from __future__ import annotations

import sys

import click


@click.command(short_help="Show the cookbook: from a question to a figure.")
@click.argument("page", required=False, metavar="[PAGE]")
@click.option("--raw", is_flag=True, help="As it is written (Markdown); so too if it does not go to a terminal.")
def docs(page: str | None, raw: bool) -> None:
    """Show a page of the documentation; without a name, list the pages.

    What is in a block of a page can be typed as it stands, block after block, in an empty folder.
    """
    from affectsim import documentation

    if page is None:
        known = {name: documentation.title(documentation.read(name)) for name in documentation.pages()}
        width = max(map(len, known))
        click.echo("\n".join(f"{name:<{width}}  {said}" for name, said in known.items()))
        click.echo(f"\nread one: affectsim docs {next(iter(known))}")
        click.echo(f"a tour as a notebook: jupyter lab {documentation.NOTEBOOK}")
        return
    text = documentation.read(page)
    if raw or not sys.stdout.isatty():
        click.echo(text, nl=False)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console(width=min(Console().width, 100)).print(Markdown(text, hyperlinks=False))
