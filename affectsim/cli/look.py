"""`affectsim new`, `affectsim parts` and `affectsim describe`: to read, nothing is run."""

from __future__ import annotations

import click

#: Template that is no scenario: a lesson for the teaching page.
LESSON = "lesson"


@click.command(short_help="Print a commented scenario, programme or lesson to start from.")
@click.option("--template", default="office-trial", show_default=True, metavar="NAME", help="Which template.")
@click.option("--list", "listed", is_flag=True, help="List the templates.")
def new(template: str, listed: bool) -> None:
    """Print a commented scenario to start from: affectsim new > my.toml

    A programme of training: affectsim new --template eight-week > my-programme.toml, then training.programme =
    "my-programme.toml" in a scenario. A lesson for the teaching page: affectsim new --template lesson > my-lesson.toml
    """
    from affectsim.errors import InputError, Mistake, nearest
    from affectsim.page.lesson_files import lesson_template
    from affectsim.scenario_files import template as scenario_template
    from affectsim.scenario_files import templates
    from affectsim.text_files import read_text
    from affectsim.training.programmes import Programme, programmes

    trained = {name: f"a programme of training: {Programme.load(name).name}" for name in programmes()}
    known = templates() | trained | {LESSON: "a lesson for the teaching page: affectsim page build --lesson"}
    if listed:
        width = max(map(len, known))
        click.echo("\n".join(f"{name:<{width}}  {says}" for name, says in known.items()))
    elif template == LESSON:
        click.echo(lesson_template(), nl=False)
    elif template in trained:
        click.echo(read_text(programmes()[template], template), nl=False)
    elif template in known:
        click.echo(scenario_template(template), nl=False)
    else:
        raise InputError("template", [Mistake(template, f"unknown template{nearest(template, known)}")])


@click.command(short_help="List what a scenario can be made of.")
@click.argument("name", required=False, metavar="[FAMILY|KIND|FILE]")
@click.option("--from", "file", metavar="FILE",
              help="List the parts in a Python file, or in those a scenario names. Runs their code.")  # fmt: skip
def parts(name: str | None, file: str | None) -> None:
    """List what a scenario can be made of, with fields, units, defaults, bounds and assumptions.

    Families: stimulus, exercise, programme, network, readout, model (parameters of the equations), traits (what
    differs between people), preset (kinds of population), correlations (which traits go together). Without a name
    everything is listed; with a name one family or one part. A FILE (.py, or a scenario) is the same as --from FILE.
    """
    from affectsim.cli.catalogue import catalogue, own_catalogue

    if file is None and name is not None and name.endswith((".py", ".toml")):
        name, file = None, name
    click.echo(catalogue(name) if file is None else own_catalogue(file, name))


@click.command(short_help="Describe the model: equations, parameters, schedule.")
@click.option("--format", "form", type=click.Choice(["text", "md"]), default="text", show_default=True,
              help="text: for the terminal; md: Markdown with LaTeX equations.")  # fmt: skip
def describe(form: str) -> None:
    """Describe the model in ODD order (Grimm et al. 2020): equations, parameters, schedule, assumptions.

    Generated from the code that runs, so it cannot say something else.
    """
    from affectsim.describe import description
    from affectsim.document import markdown, text

    click.echo({"md": markdown, "text": text}[form](description()))
