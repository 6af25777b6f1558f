"""Training of practitioners: who may enter, the course of one academic year, careers after it, and their region.

A pipeline says everything about how training places become people who have been trained. It is read from TOML
like a scenario; `training.careers` follows the practitioners, `training.coverage` those who wait for them.

    pipeline = Pipeline.load("derby.toml")
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum
from pathlib import Path
from typing import Any, NamedTuple, Self

from pydantic import PrivateAttr

from affectsim.checking import Findings, plain, read_model, read_overrides
from affectsim.errors import InputError
from affectsim.parts import Table, field
from affectsim.populations import PRESETS, is_file, load_preset
from affectsim.scenario_files import changed
from affectsim.text_files import read_text, read_toml
from affectsim.training.programmes import Programme, programme_file, programmes

_TEXT = "the source text on training for CFT"
#: A year is 52 weeks, so that every year has the same number of ticks; week 0 starts on 1 September.
WEEKS = 52
#: September to May (source text): 273 of 365 days.
COURSE_WEEKS = 39
COURSE_MONTHS = 9
#: Months (September is 0) in which the study periods lie: September and April (source text).
STUDY_MONTHS = (0, 7)
STUDY_DAYS = 5

#: Why somebody is refused: name -> words. The first three are the entry requirements of the source text.
REASONS = {
    "degree": "no postgraduate degree or equivalent in a psychological health-related field",
    "accreditation": "neither accredited as a therapist nor in the process of becoming so",
    "clients": "no access to people in therapy to whom it could be provided",
    "places": "meets the requirements, but no place was left",
}
REQUIREMENTS = tuple(REASONS)[:3]


class Degree(IntEnum):
    """Highest relevant education."""

    NONE = 0
    EQUIVALENT = 1
    POSTGRADUATE = 2


class Accreditation(IntEnum):
    """Where a person stands as a therapist."""

    NONE = 0
    BECOMING = 1
    ACCREDITED = 2


class Applicant(NamedTuple):
    """What decides about entry: one person's values, or arrays of shape (applicants,)."""

    degree: Any  # Degree
    health_field: Any  # whether the degree is in a psychological health-related field
    accreditation: Any  # Accreditation
    clients: Any  # whether there are people in therapy to whom it could be provided


def unmet(applicant: Applicant) -> dict[str, Any]:
    """Return for each of `REQUIREMENTS` whether it is not met: bools, or arrays of them of the same shape."""
    has_degree = (applicant.degree != Degree.NONE) & applicant.health_field
    return {
        "degree": has_degree ^ True,
        "accreditation": applicant.accreditation == Accreditation.NONE,
        "clients": applicant.clients ^ True,
    }


def _share(default: float, says: str, source: str = "assumed", le: float = 1.0) -> Any:
    return field(default, ge=0, le=le, unit="1", says=says, source=source)


class Applicants(Table):
    """Who applies each year. The requirements are those of the source text; how many meet them is assumed."""

    per_year: int = field(40, ge=0, le=100_000, unit="people", says="applicants per year", source="assumed")
    postgraduate: float = _share(0.8, "share with a postgraduate degree")
    equivalent: float = _share(0.1, "share with an equivalent of one")
    health_field: float = _share(0.9, "share whose degree is in a psychological health-related field")
    accredited: float = _share(0.65, "share accredited as therapists")
    becoming_accredited: float = _share(0.2, "share in the process of becoming accredited")
    clients: float = _share(0.9, "share with access to people in therapy")
    least_competence: float = _share(0.1, "competence before the course: lowest of an even spread")
    most_competence: float = _share(0.4, "competence before the course: highest of an even spread")

    def problems(self) -> Iterable[tuple[str, str]]:
        """Yield what is wrong between fields."""
        if self.postgraduate + self.equivalent > 1 + 1e-12:
            yield "equivalent", f"must be at most 1 together with postgraduate ({self.postgraduate:g})"
        if self.accredited + self.becoming_accredited > 1 + 1e-12:
            yield "becoming_accredited", f"must be at most 1 together with accredited ({self.accredited:g})"
        if self.most_competence < self.least_competence:
            yield "most_competence", f"must not be below least_competence ({self.least_competence:g})"


class Unit(NamedTuple):
    """One thing to attend: its kind, its number within the kind, the week of the course, and what it is worth."""

    kind: str
    number: int
    week: int
    weight: float


class Course(Table):
    """One academic year, September to May: classroom online, supervision and seminars monthly, two study periods.

    Competence q, in [0, 1], grows with every unit attended by learning_rate * weight * (1 - q). The weights are
    assumed so that a year attended in full is worth 66 full units, 95 % of the way.
    """

    places: int = field(20, ge=0, le=100_000, unit="people", says="places per year", source="assumed")
    classroom_weeks: int = field(
        30, ge=0, le=COURSE_WEEKS, unit="weeks", says="weeks with an online classroom",
        source=f"assumed; most of the course is online: {_TEXT}",
    )  # fmt: skip
    classroom_attendance: float = _share(0.85, "probability of taking part in a week of the online classroom")
    supervision_attendance: float = _share(0.95, "probability of taking part in a month's live supervision")
    seminar_attendance: float = _share(0.85, "probability of taking part in a month's live seminar")
    study_period_attendance: float = _share(
        0.95, "probability of attending a five-day study period; both must be attended",
        f"assumed; that they must be attended: {_TEXT}",
    )  # fmt: skip
    drop_out: float = _share(0.08, "share who leave during a year, at times spread evenly over it")
    repeats: float = _share(0.8, "share of those who missed a study period who repeat the year, in a place of the next")
    most_repeats: int = field(1, ge=0, le=5, unit="1", says="how often a year may be repeated", source="assumed")
    learning_rate: float = _share(
        0.045, "share of the way to full competence gained by one full unit",
        "assumed: that of daily practice, Lally et al. 2010 (95 % of the asymptote after about 66)",
    )  # fmt: skip
    classroom_weight: float = field(0.5, ge=0, le=20, unit="units", says="worth of a classroom week", source="assumed")
    supervision_weight: float = field(
        3.0, ge=0, le=20, unit="units", says="worth of a supervision: the most, as it is about one's own practice",
        source="assumed",
    )  # fmt: skip
    seminar_weight: float = field(1.0, ge=0, le=20, unit="units", says="worth of a seminar", source="assumed")
    study_day_weight: float = field(
        1.5, ge=0, le=20, unit="units", says="worth of a day of a study period", source="assumed"
    )

    def attendance(self) -> dict[str, float]:
        """Return the kinds of unit and the probability of attending one (a study period: all five days or none)."""
        return {
            "classroom": self.classroom_attendance,
            "supervision": self.supervision_attendance,
            "seminar": self.seminar_attendance,
            "study period": self.study_period_attendance,
        }

    def calendar(self) -> tuple[Unit, ...]:
        """Return all units in the order of the year; of a study period, the five days together are one unit."""
        spread = COURSE_WEEKS / max(self.classroom_weeks, 1)
        month = WEEKS / 12
        units = [
            *(
                Unit("classroom", n, int((n + 0.5) * spread), self.classroom_weight)
                for n in range(self.classroom_weeks)
            ),
            *(Unit("seminar", n, int((n + 0.25) * month), self.seminar_weight) for n in range(COURSE_MONTHS)),
            *(Unit("supervision", n, int((n + 0.75) * month), self.supervision_weight) for n in range(COURSE_MONTHS)),
            *(
                Unit("study period", n, int((when + 0.4) * month), self.study_day_weight)
                for n, when in enumerate(STUDY_MONTHS)
            ),
        ]
        return tuple(sorted(units, key=lambda unit: (unit.week, unit.kind)))


class Career(Table):
    """What practitioners do after the course, from the September after it on."""

    leaving: float = _share(0.07, "share of practitioners who leave the profession each year")
    supervised: float = _share(0.5, "share who have monthly supervision in a year, drawn each year")
    fading_time: float = field(
        4.0, gt=0, le=100, unit="years", source="assumed",
        says="time constant with which competence returns to what it was before the course, without supervision",
    )  # fmt: skip
    working_weeks: int = field(42, ge=0, le=WEEKS, unit="weeks", says="weeks of work per year", source="assumed")
    groups: float = _share(0.3, "share of practitioners who lead groups; the others see people one by one")
    people_per_week: int = field(
        6, ge=0, le=100, unit="people", says="people seen weekly by one who sees them one by one", source="assumed"
    )
    groups_at_a_time: int = field(1, ge=0, le=20, unit="groups", says="groups led at a time", source="assumed")
    group_size: int = field(10, ge=1, le=100, unit="people", says="people in a group", source="assumed")


class Region(Table):
    """The people for whom the practitioners are there, and the sample of them that is simulated."""

    population: int = field(100_000, ge=1, le=10**10, unit="people", says="inhabitants", source="assumed")
    share_in_need: float = _share(0.2, "share who would benefit: the most self-critical")
    asks: float = _share(0.15, "share of those in need and not yet trained who ask for help per year", le=0.99)
    gives_up: float = _share(0.2, "share of those who wait who give up per year; they may ask again", le=0.99)
    programme: str = field(
        "eight-week", min_length=1, unit="", says="what people are trained in: a shipped programme, or a .toml file"
    )
    sample: int = field(
        160, ge=0, le=100_000, unit="people", source="assumed",
        says="people simulated day by day to find the balance of the region; 0: balance is left out",
    )  # fmt: skip
    preset: str = field(
        "general", min_length=1, unit="", says="kind of population of which the sample is drawn, or a .toml file"
    )
    model: Mapping[str, float] = field(
        default_factory=dict, unit="", says="changed parameters of the model in the sample, as [model] of a scenario"
    )

    def problems(self) -> Iterable[tuple[str, str]]:
        """Yield what is wrong between fields."""
        if self.sample and (self.sample < 20 or round(self.sample * self.share_in_need) < 2):
            yield "sample", f"must be 0, or at least 20 with two people in need (share_in_need {self.share_in_need:g})"


class Pipeline(Table):
    """From training places to the balance of a region. Raises InputError with every mistake (see `load`)."""

    title: str = field("", max_length=500, unit="", says="what it is about")
    years: int = field(8, ge=1, le=40, unit="years", says="academic years that are followed")
    seed: int = field(0, ge=0, le=2**63 - 1, unit="1", says="seed of all random draws")
    applicants: Applicants = field(default_factory=Applicants, unit="", says="who applies")
    course: Course = field(default_factory=Course, unit="", says="the course")
    career: Career = field(default_factory=Career, unit="", says="what practitioners do after it")
    region: Region = field(default_factory=Region, unit="", says="for whom they are there")

    #: From which relative paths are taken.
    _folder: Path = PrivateAttr(default_factory=Path.cwd)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a TOML file; raises InputError with every mistake."""
        file = Path(path)
        return cls.from_toml(read_text(file, str(path)), source=str(path), folder=file.absolute().parent)

    @classmethod
    def from_toml(cls, text: str, *, source: str = "pipeline", folder: Path | None = None) -> Self:
        """Read TOML; `source` is the name in error messages. Raises InputError with every mistake."""
        return cls.from_tables(read_toml(text, source), source=source, folder=folder)

    @classmethod
    def from_tables(cls, tables: Mapping[str, Any], *, source: str = "pipeline", folder: Path | None = None) -> Self:
        """Build from plain nested tables. Paths of a programme and a preset are made absolute.

        They are taken from `folder` (default: the working folder). Raises InputError with every mistake.
        """
        place = (folder or Path.cwd()).absolute()
        findings = Findings()
        made = read_model(cls, tables, "", findings)
        if made is not None:
            read_overrides(made.region.model, "region.model", findings)
        files = {}
        for key, check in (("programme", _checked_programme), ("preset", _checked_preset)):
            where = f"region.{key}"
            if made is not None and not findings.touch(where):
                name = getattr(made.region, key)
                try:
                    files[key] = check(name, place)
                except InputError as error:
                    for mistake in error.mistakes:
                        inside = f"{mistake.where}: " if mistake.where != name else ""
                        findings.add(where, f"{inside}{mistake.message}", name)
        findings.stop(source)
        assert made is not None
        made = made.model_copy(update={"region": made.region.model_copy(update=files)})
        made._folder = place
        return made

    def but(self, changes: Mapping[str, Any]) -> Self:
        """Return the same pipeline with dotted changes, such as {"course.places": 40}, validated anew.

        Raises InputError with every mistake, also for paths that do not exist.
        """
        return type(self).from_tables(changed(self.tables(), changes, "pipeline"), folder=self._folder)

    def tables(self) -> dict[str, Any]:
        """Return everything as plain nested tables, defaults written out; a new copy each time."""
        tables: dict[str, Any] = plain(self)
        return tables

    def to_toml(self) -> str:
        """Return TOML that reads back as an equal pipeline."""
        import tomli_w

        return tomli_w.dumps(self.tables())

    def files(self) -> list[Path]:
        """Return the files of one's own that it names: of a programme and of a preset."""
        named = {self.region.programme: programmes(), self.region.preset: tuple(PRESETS)}
        return [Path(name) for name, shipped in named.items() if name not in shipped]

    def programme(self) -> Programme:
        """Return what people are trained in. Raises InputError if its file has gone or is wrong."""
        return Programme.load(self.region.programme)

    def __eq__(self, other: object) -> bool:
        """Equal: the same tables, in which paths are absolute."""
        return self.tables() == other.tables() if isinstance(other, Pipeline) else NotImplemented


def _checked_programme(name: str, folder: Path) -> str:
    """Return a sound programme as it is found from any folder; raises InputError."""
    file = programme_file(name, folder=folder)
    Programme.load(str(file))
    return name if name in programmes() else str(file)


def _checked_preset(name: str, folder: Path) -> str:
    """Return a sound preset as it is found from any folder; raises InputError."""
    load_preset(name, folder)
    return str(folder / name) if is_file(name) else name
