"""A script for a cluster that runs SLURM: one array task for each shard of a sweep."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path


def script(command: Sequence[str], shards: int, workers: int, out: Path, seconds: float) -> str:
    """Return a job script.

    `command`: the sweep without --out, --shard and --slurm. `seconds`: estimate for the whole sweep on `workers`
    processes, from which the time of a task is taken, three times over and at least ten minutes.
    """
    minutes = max(10, round(3 * seconds / shards / 60 + 1))
    words = shlex.join(command)
    folder = shlex.quote(out.as_posix())
    return f"""#!/bin/sh
#SBATCH --job-name=affectsim
#SBATCH --array=1-{shards}
#SBATCH --cpus-per-task={workers}
#SBATCH --time={minutes}
# Every task is one shard in a folder of its own. Submitted again, each goes on where it stopped. When all are done:
#   affectsim merge {folder}/shard-* --out {folder}/all
{words} --workers {workers} --shard "$SLURM_ARRAY_TASK_ID/{shards}" --out {folder}/shard-"$SLURM_ARRAY_TASK_ID"
"""
