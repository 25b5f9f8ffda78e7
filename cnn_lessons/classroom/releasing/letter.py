"""The README that lies in a folder that is handed out."""

import re
from collections.abc import Iterable, Mapping

IMPORTED = re.compile(r'^\s*"(?:import|from) (torchvision|torchsummary)\b', re.MULTILINE)  # in a notebook's JSON
NEEDS = """
These chapters also need {packages}: `{python} -m pip install {packages}`{windows}. One
version of torchvision belongs to one of PyTorch, and pip may replace the one that you have.
"""

STUDENTS = r"""# CNN Lessons: chapters for your class

{chapters}

Keep the file `{wheel}` in the same folder as the notebooks. It is the course's package: lessons, widgets and checks.

## On Colab

1. Open a notebook: *File → Upload notebook*.
2. Upload the wheel: the folder icon at the left, then *Upload to session storage*, and choose `{wheel}`.
3. Run the notebook's first code cell. It installs the wheel. Colab forgets uploaded files when a session ends: upload
   the wheel again next time.

## On your own computer

You need Python 3.10 or newer; on a Mac Apple silicon, as PyTorch has nothing for Intel any more. Copy this folder to
where you may write, on Windows to a short path outside OneDrive, such as `C:\cnn`. In it, on Linux and on a Mac:

```sh
python3 -m venv env
env/bin/python -m pip install jupyterlab {wheel}
env/bin/jupyter lab
```

If the first line fails on Debian or Ubuntu: `sudo apt-get update && sudo apt-get install python3-venv`. On Windows:

```bat
py -m venv env
env\Scripts\python -m pip install jupyterlab {wheel}
env\Scripts\jupyter lab
```

From then on the last line is enough. Is an older wheel of this course in `env`? Then first
`env/bin/python -m pip uninstall cnn-lessons`, on Windows with `env\Scripts\python`.

pip downloads PyTorch, up to 3 GB. Does your Python have PyTorch (2.6 or newer) and NumPy (1.26 or newer) already? Then
write `-m venv --system-site-packages env` in the first line: pip leaves them as they are.
{needs}
## How to work, and how to hand in

- An exercise is a cell that begins with `# exercise: name`. Replace the `...`, run the cell, and read what the check
  says. Leave the first line, the name and the last line of the cell as they are: your answer is found by them.
- `hint("name")` gives the next of three hints. This edition holds no solutions: ask your instructor.
- At the end choose *Restart and run all* (on Colab: *Runtime → Restart session and run all*), and save. Hand in the
  notebook **with its outputs**, the `.ipynb` file, under its own name. Do not hand in the wheel.
"""

TEACHER = """# CNN Lessons: the teacher's edition

{chapters}

These notebooks have the solutions filled in, and `{wheel}` shows them with `solution("name")`. Keep this folder to
yourself. Your students get what `python -m cnn_lessons release` writes without `--with-solutions`.

Keep the wheel beside the notebooks: their first code cell installs it where the course is missing.
{needs}"""


def letter(titles: Mapping[str, str], packages: Iterable[str], wheel: str, teacher: bool) -> bytes:
    """Return the README of an edition.

    Args:
        titles: of the chapters, by the names of their notebooks.
        packages: that the notebooks import and the wheel does not bring, as `packages_of` has them.
        wheel: the file name of the wheel.
        teacher: True for the teacher's edition.
    """
    chapters = "\n".join(f"- [{title}]({file})" for file, title in titles.items())
    named = " ".join(sorted(packages))
    python, windows = "env/bin/python", r", on Windows with `env\Scripts\python`"
    if teacher:
        python, windows = "python", ", in the environment that runs them"
    needs = NEEDS.format(packages=named, python=python, windows=windows) if named else ""
    return (TEACHER if teacher else STUDENTS).format(chapters=chapters, wheel=wheel, needs=needs).encode("utf-8")


def packages_of(notebooks: Iterable[bytes]) -> set[str]:
    """Return the packages that notebooks import and that the course does not ask for itself."""
    return {name for content in notebooks for name in IMPORTED.findall(content.decode("utf-8"))}
