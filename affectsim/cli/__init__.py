"""The command line: one file per group of commands; everything heavy is imported inside the commands.

Exit codes: 0 done, 1 a check failed, 2 what was given cannot be used (one message, nothing written), 130 stopped by
Ctrl-C.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Sequence
from typing import NoReturn

import click

from affectsim.cli.diaries import diaries, fit
from affectsim.cli.documentation import docs
from affectsim.cli.dynamics import bifurcation, phase
from affectsim.cli.evidence import evidence
from affectsim.cli.experiments import experiment
from affectsim.cli.look import describe, new, parts
from affectsim.cli.output import BEGAN
from affectsim.cli.page import page
from affectsim.cli.policies import optimise
from affectsim.cli.practitioners import practitioners
from affectsim.cli.reports import animate, report, rerun
from affectsim.cli.runs import run, validate
from affectsim.cli.sensitivity import sensitivity
from affectsim.cli.sheets import poster
from affectsim.cli.sweeps import export, merge, resume, retry, status, sweep
from affectsim.cli.trials import compare, demo, power, trial
from affectsim.errors import InputError


def _print_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted or context.resilient_parsing:
        return
    from importlib.metadata import PackageNotFoundError, version

    try:
        found = version("affectsim")
    except PackageNotFoundError:
        found = "(not installed: run from a folder)"
    click.echo(f"affectsim {found}")
    context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version,
              help="Show the version and exit.")  # fmt: skip
def affectsim() -> None:
    """Threat, drive and soothing in people on a network, and what compassion training changes.

    A teaching and research model, not a clinical tool. Start with: affectsim demo
    """
    click.get_current_context().meta[BEGAN] = time.monotonic()


for _command in (
    demo, run, validate, new, parts, describe, experiment, diaries, fit, practitioners, evidence,
    trial, power, compare, sweep, resume, status, retry, export, merge, sensitivity, optimise, phase,
    bifurcation, rerun, report, animate, page, poster, docs,
):  # fmt: skip
    affectsim.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line (default: the arguments of the process) and exit; the module names the codes."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a Greek letter gets a question mark instead of a traceback.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    sys.exit(_code(arguments))


def _code(arguments: Sequence[str] | None) -> int:
    try:
        code = affectsim.main(arguments, prog_name="affectsim", standalone_mode=False)
    except click.Abort as stopped:
        # click makes this of Ctrl-C (older ones name no cause); a command may have said what is safe.
        return _stopped(stopped.__context__)
    except KeyboardInterrupt as stopped:
        return _stopped(stopped)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except InputError as error:
        click.echo(str(error), err=True)
        return 2
    except OSError as error:
        # What a file refuses is said where it is written: this is the output itself.
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO) or error.filename is not None:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        click.echo(f"the output cannot be written: {error.strerror}", err=True)
        return 2
    except MemoryError:
        click.echo("not enough memory: run fewer people or replicates, or record fewer people", err=True)
        return 2
    return code if isinstance(code, int) else 0


def _stopped(reason: BaseException | None) -> int:
    click.echo(f"stopped; {str(reason or '') or 'nothing was written'}", err=True)
    return 130


__all__ = ["main"]
