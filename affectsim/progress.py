"""How far a run is: a bar on a terminal, now and then a plain line elsewhere; always on standard error."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any, Self

#: Seconds between plain lines; shorter runs stay quiet.
_QUIET = 5.0
#: Seconds without a sign of life after which it must be the compiler.
_COMPILING = 4.0


class Progress:
    """A context manager that is called with (done, total), as `affectsim.simulation.simulate` does."""

    def __init__(self, unit: str = "ticks", rate: bool = False) -> None:
        """`unit`: what the pieces of work are; `rate`: whether it is worth saying how many are done in a second."""
        self._unit, self._rate = unit, rate
        self._bar: Any = None
        self._task: Any = None
        self._began = self._said = self._first = time.monotonic()
        self._done_first = -1

    def __enter__(self) -> Self:
        """Show the bar, if there is a terminal to show it on."""
        if sys.stderr.isatty():
            self._bar = _bar(self._rate)
            self._task = self._bar.add_task("preparing", total=None, unit=self._unit)
            self._bar.start()
        return self

    def __call__(self, done: int, total: int) -> None:
        """Show that `done` of `total` pieces of work are done."""
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=total, description="running")
            return
        now = time.monotonic()
        if self._done_first < 0:
            # Speed is taken from here on: building and compiling come before and only once.
            self._done_first, self._first = done, now
        if now - self._said < _QUIET or done >= total:
            return
        self._said = now
        made = done - self._done_first
        speed = f", {made / (now - self._first):.3g} {self._unit}/s" if self._rate and made > 0 else ""
        left = f", about {(now - self._first) / made * (total - done):.0f} s left" if made > 0 else ""
        print(f"  {100 * done // max(total, 1)} % of {total} {self._unit}{speed}{left}", file=sys.stderr, flush=True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the terminal back to normal."""
        if self._bar is not None:
            self._bar.stop()


def _bar(rate: bool) -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, ProgressColumn, TaskProgressColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar
    from rich.text import Text

    class What(ProgressColumn):
        """What is going on, with the reason for a long silence at the start."""

        def render(self, task: Any) -> Text:
            waiting = task.total is None and (task.elapsed or 0.0) > _COMPILING
            return Text("compiling (only the first time)" if waiting else task.description)

    class Count(ProgressColumn):
        """How many pieces of work are done."""

        def render(self, task: Any) -> Text:
            unit = task.fields["unit"]
            speed = f", {task.speed:.3g} {unit}/s" if rate and task.speed else ""
            return Text("" if task.total is None else f"{int(task.completed)} {unit}{speed}")

    return Bar(
        What(), BarColumn(), TaskProgressColumn(), Count(), TimeElapsedColumn(),
        TimeRemainingColumn(compact=True), console=Console(stderr=True),
    )  # fmt: skip
