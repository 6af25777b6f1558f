"""`affectsim page lessons`, `affectsim page handout` and `affectsim poster`: lessons and sheets of paper."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from affectsim.cli.output import free_file
from affectsim.errors import InputError, Mistake

if TYPE_CHECKING:
    from affectsim.handouts.sheet import Sheet

F = TypeVar("F", bound=Callable[..., Any])
#: Longest line about help nearby (characters).
MOST_LINE = 200

language_option = click.option(
    "--language", type=click.Choice(["en", "de"]), default="en", show_default=True, help="Language of the sheets."
)
overwrite_option = click.option("--overwrite", is_flag=True, help="Replace the file if it is there.")
help_line_option = click.option(
    "--help-line", default="", metavar="TEXT", help="Where help is to be had nearby, in your words; it is sent nowhere."
)
lesson_option = click.option(
    "--lesson", "own", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
    help="Add a lesson of your own (affectsim new --template lesson); can be given several times.",
)  # fmt: skip


def paper_option(default: str) -> Callable[[F], F]:
    """Return the option of the size of paper."""
    return click.option("--paper", type=click.Choice(["a4", "a3"]), default=default, show_default=True, help="Paper.")


def own_lessons(paths: tuple[Path, ...], command: str) -> list[dict[str, Any]]:
    """Return lessons from files, after trying what they claim. Raises InputError with every mistake."""
    if not paths:
        return []
    from affectsim.page.lesson_files import load_lesson
    from affectsim.page.rehearsal import broken_claims, can_rehearse, rehearse

    found = [load_lesson(path) for path in paths]
    claims = sum(len(step.get("claims", [])) for lesson in found for step in lesson["steps"])
    if not claims:
        return found
    if not can_rehearse():
        click.echo(f"{command}: {claims} claims of lessons were not tried, since node is not installed", err=True)
        return found
    for path, lesson, seen in zip(paths, found, rehearse(found), strict=True):
        if wrong := broken_claims(lesson, seen):
            raise InputError(str(path), wrong)
    click.echo(f"{command}: {claims} claims of lessons tried with the model; all came true")
    return found


def checked_line(line: str, command: str) -> str:
    """Return a line about help; raises InputError if it is too long or has signs that cannot be seen."""
    if len(line) > MOST_LINE:
        raise InputError(command, [Mistake("--help-line", f"{len(line)} characters; at most {MOST_LINE}")])
    if not line.isprintable():
        raise InputError(command, [Mistake("--help-line", "has signs that cannot be seen; give one line of text")])
    return line


@click.command(short_help="List the lessons of the page.")
def lessons() -> None:
    """List the lessons of the page: name, minutes, title in every language."""
    from affectsim.page.lesson_files import shipped

    found = shipped()
    width = max(len(lesson["name"]) for lesson in found)
    for lesson in found:
        titles = " / ".join(words["title"] for words in lesson["texts"].values())
        click.echo(f"{lesson['name']:<{width}}  {lesson['minutes']:g} min  {titles}")


@click.command(short_help="Write the sheets of a lesson as PDF.")
@click.argument("lesson")
@click.option("--out", type=click.Path(path_type=Path), help="PDF to write; default: LESSON.pdf.")
@language_option
@click.option("--sheet", "sheets", multiple=True, type=click.Choice(["handout", "worksheet", "teacher"]),
              help="Only this sheet; can be given several times. Default: all three.")  # fmt: skip
@help_line_option
@paper_option("a4")
@overwrite_option
def handout(
    lesson: str, out: Path | None, language: str, sheets: tuple[str, ...], help_line: str, paper: str, overwrite: bool
) -> None:
    """Write hand-out, worksheet and teacher's notes of a lesson as PDF.

    LESSON is a name (affectsim page lessons) or the file of a lesson of your own.
    """
    target = out or Path(f"{Path(lesson).stem}.pdf")
    free_file(target, overwrite, "page handout")
    line = checked_line(help_line, "page handout")
    from affectsim.page.lesson_files import find_lesson, words_of

    found = find_lesson(lesson)
    title = words_of(found, language)["title"]
    from affectsim.handouts.lesson import SHEETS, lesson_sheets

    chosen = [kind for kind in SHEETS if kind in sheets] or list(SHEETS)
    _write(lesson_sheets(found, language, chosen, line, paper), target, title)


@click.command(short_help="Write the poster of the three systems as PDF.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("poster.pdf"), show_default=True,
              help="PDF to write.")  # fmt: skip
@language_option
@help_line_option
@paper_option("a3")
@overwrite_option
def poster(out: Path, language: str, help_line: str, paper: str, overwrite: bool) -> None:
    """Write a poster: the three systems, what each is for, and a morning computed by the model."""
    free_file(out, overwrite, "poster")
    line = checked_line(help_line, "poster")
    from affectsim.handouts.poster import poster as drawn
    from affectsim.handouts.words import words

    _write(drawn(language, line, paper), out, words(language)["poster.title"])


def _write(sheet: Sheet, out: Path, title: str) -> None:
    sheet.save(out, title)
    pages = len(sheet.pages)
    click.echo(f"{out}: {pages} page{'s' if pages > 1 else ''}, a teaching model, not a clinical tool")
