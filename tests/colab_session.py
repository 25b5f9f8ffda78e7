"""Runs cells one after the other in an IPython, as a kernel does: test_colab.py starts it in the other environment.

Reads {"cells": […], "network": true} from the standard input and writes, for every cell, what it printed and raised.
"""

import json
import socket
import sys

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output


def down(*_, **__) -> None:
    raise OSError("the network is down, and no command may run")


asked = json.load(sys.stdin)
if not asked["network"]:
    socket.socket.connect = socket.getaddrinfo = InteractiveShell.system = down
shell = InteractiveShell.instance()
answers = []
for source in asked["cells"]:
    with capture_output() as said:
        result = shell.run_cell(source)
    error = result.error_before_exec or result.error_in_exec
    answers.append({"printed": said.stdout, "error": error and f"{type(error).__name__}: {error}"})
json.dump(answers, sys.stdout)
