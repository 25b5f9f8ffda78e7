"""How much work a chapter does here: `smoke` for tests, `cpu` for a laptop, `gpu` for the full length."""

import os
import re
import sys

import torch

BUDGETS = ("smoke", "cpu", "gpu")


def budget() -> str:
    """Return the budget: CNN_LESSONS_BUDGET if it is set, else `gpu` where a GPU works with this torch, else `cpu`.

    Raises:
        ValueError: if CNN_LESSONS_BUDGET is set to something else than smoke, cpu or gpu.
    """
    chosen = os.environ.get("CNN_LESSONS_BUDGET") or ("gpu" if gpu_works() else "cpu")
    if chosen not in BUDGETS:
        raise ValueError(f"CNN_LESSONS_BUDGET: expected one of {', '.join(BUDGETS)}, got {chosen!r}")
    return chosen


def gpu_works(device: torch.device | None = None) -> bool:
    """Return whether there is a CUDA device that this torch has code for; newer ones leave older GPUs out.

    Args:
        device: which one; None takes torch's current.
    """
    if not torch.cuda.is_available():
        return False
    own = torch.cuda.get_device_capability(device)
    built = [re.fullmatch(r"(sm|compute)_(\d+)(\d)[af]?", name) for name in torch.cuda.get_arch_list()]
    known = [(match[1], (int(match[2]), int(match[3]))) for match in built if match]
    # Code for 8.0 runs on 8.6 and not on 9.0; what begins with "compute" is made for a newer GPU when it is loaded.
    fits = [least <= own and (kind == "compute" or least[0] == own[0]) for kind, least in known]
    return any(fits) or not known  # AMD's are called otherwise


def start(cpu_seconds: int, gpu_helps: bool = True) -> str:
    """Prepare a notebook: let Colab show the widgets, choose the budget and say what it means.

    Args:
        cpu_seconds: what the whole notebook takes on two CPU cores, as measured.
        gpu_helps: whether the notebook does more, or the same faster, on a GPU.

    Returns:
        The budget, "smoke", "cpu" or "gpu".

    Raises:
        ValueError: as `budget`.
    """
    _let_colab_show_widgets()
    chosen = budget()
    works = gpu_works()
    device = torch.cuda.get_device_name() if works else "the CPU"
    longer = chosen == "gpu" and gpu_helps
    takes = f"about {cpu_seconds} s on two CPU cores"
    print(f"Running on {device}, budget {chosen}." + f" The whole notebook takes {takes}." * (not longer))
    if torch.cuda.is_available() and not works:
        print(f"PyTorch {torch.__version__} has no code for {torch.cuda.get_device_name()}, so `train` uses the CPU.")
        print("CUDA_VISIBLE_DEVICES=-1 hides that GPU from the rest, too.")
    if not gpu_helps:
        print("It needs no GPU.")
    elif chosen == "cpu" and not works:
        print("For the full length choose a GPU (in Colab: Runtime, Change runtime type, GPU) and run this cell again.")
    elif longer:
        print("With this budget it trains longer, on data that it downloads; a bar says how long.")
        print(f"The short way, {takes} and without a download: %env CNN_LESSONS_BUDGET=cpu in a cell above.")
        print('Where the text says "our run", it means the short way, on drawn pictures.')
    return chosen


def _let_colab_show_widgets() -> None:
    """Switch on Colab's manager of widgets from outside ipywidgets; do nothing anywhere else."""
    if "google.colab" not in sys.modules:  # Colab's own kernel has loaded it; to have it installed is not to be there
        return
    try:
        from google.colab import output

        output.enable_custom_widget_manager()
    except Exception as error:  # it is Colab's code, and may change: whatever it raises, the chapter is worth running
        print(f"Colab did not switch on its widget manager ({type(error).__name__}: {error}).")
        print("A cell that shows a widget may fail: skip it, and use the widget in the book. The rest works.")
