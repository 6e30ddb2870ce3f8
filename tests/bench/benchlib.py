"""What the benchmarks share: where the binary is, percentiles, verdicts against the budgets."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))

import wake  # noqa: E402


def binary_or_die():
    if not os.access(wake.BINARY, os.X_OK):
        sys.exit(f"no binary at {wake.BINARY}: meson setup build --buildtype=release && "
                 "ninja -C build (or set WAKEPROXY)")
    return wake.BINARY


def percentile(values, share):
    """The smallest value that at least `share` of all are not above."""
    values = sorted(values)
    return values[min(len(values) - 1, max(0, -(-int(share * len(values) * 1000) // 1000) - 1))]


class Verdicts:
    """Figures against budgets (what must hold); the exit status says whether all hold."""

    def __init__(self):
        self.bad = 0

    def __call__(self, what, value, must, unit="", aim=None):
        good = value <= must
        self.bad += not good
        aimed = f", aim {aim}" if aim is not None else ""
        print(f"{'ok  ' if good else 'OVER'} {what}: {value:.4g}{unit} (must be <= {must}{unit}"
              f"{aimed})", flush=True)

    def done(self):
        sys.exit(1 if self.bad else 0)
