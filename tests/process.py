"""Fresh interpreters for what happens at import, at exit, after a fork, or under limits that cannot be taken back."""

import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).parents[1]

# Warnings are errors, and a crash leaves a Python traceback. Forking beside threads is what is tested.
FLAGS = ("-W", "error", "-W", "ignore:This process:DeprecationWarning", "-X", "faulthandler")


def run_python(code, *args, timeout=60, **env):
    """Run `code` in a new interpreter; keyword arguments are environment variables, None takes one away."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    for name in ("MATHCORE_NUM_THREADS", "MATHCORE_ISA", "OMP_NUM_THREADS"):
        environment.pop(name, None)
    environment |= {name: value for name, value in env.items() if value is not None}
    return subprocess.run([sys.executable, *FLAGS, "-c", code, *map(str, args)], env=environment, text=True,
                          capture_output=True, timeout=timeout, cwd=ROOT)


def output_of(code, *args, timeout=60, **env):
    """Standard output of a run that must succeed and say nothing on standard error."""
    result = run_python(code, *args, timeout=timeout, **env)
    what = f"exit code {result.returncode}\n{result.stdout}\n{result.stderr}"
    assert (result.returncode, result.stderr) == (0, ""), what
    return result.stdout


def interrupted(call, after):
    """Seconds from a Ctrl-C, sent `after` seconds into a call, to its KeyboardInterrupt; None where the call was too
    short for the signal, or deaf to it."""
    sent = []

    def send():
        time.sleep(after)
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    sender = threading.Thread(target=send)
    try:
        sender.start()
        call()
        sender.join()
        time.sleep(0.1)
    except KeyboardInterrupt:
        latency = time.perf_counter() - sent[0]
        sender.join()
        return latency
    return None
