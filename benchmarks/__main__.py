"""python -m benchmarks [words] [--quick] [--threads 1,2] [-k TEXT] [--json FILE] [--html FILE]"""

import argparse
import importlib
import os
import sys
from pathlib import Path

from mathcore._kernels import runtime

from . import page, report
from .runner import Runner

QUICK = {"rounds": 2, "samples": 2, "sample_seconds": 1e-3}


def rooms():
    return sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))


def arguments(argv):
    cpus = runtime.usable_cpus()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Ours against the peers, losses first.")
    parser.add_argument("words", nargs="*", metavar="word", help=f"rooms, all by default: {', '.join(rooms())}")
    parser.add_argument("--quick", action="store_true", help="few samples: a first look, not a result")
    parser.add_argument("--threads", default="1" if cpus == 1 else f"1,{cpus}", metavar="1,2",
                        help="counts to run with (default: %(default)s)")
    parser.add_argument("-k", default="", metavar="TEXT", help="only rows whose work or dtype contains TEXT")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write one self-contained page")
    options = parser.parse_args(argv)
    if unknown := sorted(set(options.words) - set(rooms())):
        parser.error(f"no room {', '.join(unknown)}; expected one of {', '.join(rooms())}")
    try:
        options.threads = [int(n) for n in options.threads.split(",")]
    except ValueError:
        parser.error(f"--threads: expected whole numbers with commas between, got {options.threads!r}")
    return options


def measure(options):
    """The results, with a line of progress for each on a terminal."""
    runner = Runner(**QUICK) if options.quick else Runner()
    results = []
    for word in options.words or rooms():
        for row in importlib.import_module(f".bench_{word}", __package__).rows():
            if options.k not in f"{row.work} {row.dtype}":
                continue
            for threads in options.threads[:1] if row.once else options.threads:
                result = runner.run(row, threads)
                results.append(result)
                if sys.stderr.isatty():
                    text = f"{len(results)} {result.verdict} {row.work} {row.dtype} {report.value(result)}"
                    print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    return results


def at_its_best():
    """Starts again without settings that hold OpenBLAS back: a peer told to use an older machine's kernels is no peer.

    Read when the library loads, so too late to change here.
    """
    settings = [name for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE") if name in os.environ]
    if settings:
        print("not used:", *(f"{name}={os.environ.pop(name)}" for name in settings), file=sys.stderr, flush=True)
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], os.environ)


def main(argv=None):
    options = arguments(argv)
    head = report.header(options.threads)
    results = measure(options)
    print(report.console(head, results))
    if options.json:
        options.json.write_text(report.to_json(head, results), encoding="utf-8")
    if options.html:
        options.html.write_text(page.html(head, results), encoding="utf-8")
    return any(r.verdict == "FAIL" for r in results)


if __name__ == "__main__":
    at_its_best()
    sys.exit(main())
