"""The command ``python -m mathcore``: the tour, or facts about this installation."""

import argparse
import os
import sys

# What a shell reports for a program that its signal ended: 128 + SIGINT, 128 + SIGPIPE.
EXIT_INTERRUPT = 130
EXIT_CLOSED_PIPE = 141


def main(argv=None):
    """Run the command with the arguments `argv` and return its exit code."""
    try:
        try:
            return _run(argv)
        finally:
            sys.stdout.flush()
    except KeyboardInterrupt:
        return EXIT_INTERRUPT
    except BrokenPipeError:
        # Python flushes once more when it ends; there, an error would be shown.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_CLOSED_PIPE


def _run(argv):
    parser = _parser()
    args = parser.parse_args(argv)
    if args.command == "info":
        if args.plots is not None:
            parser.error("--plots belongs to the tour, not to info")
        import mathcore

        mathcore.show_config()
        return 0

    # Imported here: --help answers at once, and Ctrl-C while NumPy loads ends as quietly as later.
    from mathcore import _tour

    # A directory's name may hold characters that standard output cannot.
    sys.stdout.reconfigure(errors="backslashreplace")
    try:
        gallery = None if args.plots is None else _tour.Gallery(args.plots)
        results = _tour.run()
        if gallery is not None:
            gallery.draw(results)
    except _tour.GalleryError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")
    return 0


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m mathcore",
        description="A tour of machine learning's mathematics: a dot product, gradient descent, the sigmoid, one "
        "training step part by part, a network trained on real handwritten digits, softmax and logistic regression, "
        "principal components, an image of low rank, a recommender, derivatives and Taylor polynomials.",
    )
    parser.add_argument("command", nargs="?", choices=["tour", "info"], default="tour",
                        help="the tour (default), or info: version, instruction sets and threads in use")
    parser.add_argument("--plots", metavar="DIR", help="also write the tour's pictures to DIR (needs matplotlib)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
