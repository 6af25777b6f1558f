"""The sheets of a lesson: hand-out, worksheet, notes for the teacher."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from affectsim.handouts.curves import draw_course
from affectsim.handouts.pictures import course
from affectsim.handouts.sheet import Sheet
from affectsim.handouts.words import words
from affectsim.page.lesson_files import words_of

SHEETS = ("handout", "worksheet", "teacher")


def lesson_sheets(
    lesson: Mapping[str, Any], language: str, sheets: Sequence[str] = SHEETS, help_line: str = "", paper: str = "a4"
) -> Sheet:
    """Return the chosen sheets of a lesson (see `affectsim.page.lesson_files`), each from a new page.

    `help_line`: where help is to be had nearby; at the foot of every page. Raises InputError if the lesson is not in
    that language.
    """
    texts, said = words_of(lesson, language), words(language)
    foot = [said["page.page.disclaimer"], said["page.page.kind"]]
    if help_line.strip():
        foot.append(said["page.lessons.help_shown"].replace("{line}", help_line.strip()))
    sheet = Sheet(foot, said["page"], paper)
    for number, kind in enumerate(sheets):
        if number:
            sheet.new_page()
        sheet.title(said[f"sheets.{kind}"], texts["title"])
        {"handout": _handout, "worksheet": _worksheet, "teacher": _teacher}[kind](sheet, lesson, texts, said)
    return sheet


def _handout(sheet: Sheet, lesson: Mapping[str, Any], texts: Mapping[str, Any], said: dict[str, str]) -> None:
    sheet.paragraph(texts["about"], 12, after=6)
    sheet.heading(said["page.lessons.points"])
    sheet.items(texts["points"])
    for picture, caption in zip(lesson["pictures"], texts.get("pictures", []), strict=True):
        sheet.room(190)
        sheet.y -= 8
        sheet.paragraph(caption, 9.5, "bold", after=10)
        draw_course(sheet.axes(118, left=30, width=sheet.inner - 120), course(picture), said)
        sheet.y -= 34
    sheet.heading(said["page.lessons.practise"])
    sheet.paragraph(texts["practise"])


def _worksheet(sheet: Sheet, lesson: Mapping[str, Any], texts: Mapping[str, Any], said: dict[str, str]) -> None:
    sheet.paragraph(said["worksheet.how"], 10.5, after=4)
    for number, (step, told) in enumerate(zip(lesson["steps"], texts["steps"], strict=True), 1):
        if step["kind"] == "predict":
            sheet.heading(said["page.lessons.step"].format(number=number, what=said["page.lessons.expect"]), 90)
            sheet.paragraph(told["text"])
            sheet.boxes(told["choices"])
        elif step["kind"] == "try":
            # The question stays with what it is about, and with its lines.
            keep = sheet.height_of(told["text"]) + (70 if "write" in step else 0)
            sheet.heading(said["page.lessons.step"].format(number=number, what=said["page.lessons.try"]), keep)
            sheet.paragraph(told["text"])
            if "write" in step:
                sheet.paragraph(said["page.lessons.saw"], 9.5, "bold", after=0)
                sheet.writing(2)
    sheet.heading(said["page.lessons.discuss"], 60)
    for question in texts["discuss"]:
        sheet.room(65)
        sheet.paragraph(question, after=0)
        sheet.writing(2)


def _teacher(sheet: Sheet, lesson: Mapping[str, Any], texts: Mapping[str, Any], said: dict[str, str]) -> None:
    sheet.paragraph(texts["about"], 11)
    time = said["teacher.time"].format(minutes=lesson["minutes"], discuss=lesson["discuss_minutes"])
    sheet.paragraph(f"{time} {said['teacher.page']}")
    sheet.paragraph(said["teacher.safe"])
    sheet.heading(said["page.lessons.notes"])
    sheet.items(texts["notes"])
    sheet.heading(said["teacher.plan"])
    for number, (step, told) in enumerate(zip(lesson["steps"], texts["steps"], strict=True), 1):
        minutes = said["teacher.row"].format(minutes=f"{step['minutes']:g}")
        kind = said[f"page.lessons.{step['kind']}"]
        # A row keeps its first two lines of text.
        sheet.room(45)
        sheet.paragraph(f"{number}  {kind} ({minutes})", 9, "bold", indent=0, after=0)
        sheet.paragraph(told["text"], 9, indent=14, after=4)
    sheet.heading(f"{said['teacher.talk']} ({said['teacher.row'].format(minutes=lesson['discuss_minutes'])})")
    sheet.items(texts["discuss"])
    if any("claims" in step for step in lesson["steps"]):
        sheet.paragraph(said["teacher.paper"], 8.5)
