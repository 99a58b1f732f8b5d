"""All checks of the project: `python -m tests`, or `python -m tests --full` with the simulations at full size."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Run the linters, then the tests; say how long they took."""
    started = time.perf_counter()
    workers = ["--numprocesses=2", "--dist=loadfile", "--no-loadscope-reorder"]
    size = [] if "--full" in sys.argv[1:] else ["-m", "not full"]
    checks = (
        ["ruff", "check", "--quiet", "."],
        ["ruff", "format", "--quiet", "--check", "."],
        ["mypy"],
        # Files in their order, the long ones of browsers before the short ones of numbers: both workers end together.
        ["pytest", "--quiet", "--doctest-modules", "--durations=8", *workers, *size],
    )
    failed = [check[0] for check in checks if subprocess.run([sys.executable, "-m", *check], cwd=ROOT).returncode]
    print(
        f"make test took {time.perf_counter() - started:.0f} s" + (f"; failed: {', '.join(failed)}" if failed else "")
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
