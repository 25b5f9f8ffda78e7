"""What a change to a recipe is worth: the accuracies of a recorded run and of those that vary it, over their seeds."""

import statistics
from typing import Any

from docutils import nodes
from learning_path import WritesMarkdown
from recorded_runs import BY_TITLE, change, groups, kind, measured, variations
from sphinx.application import Sphinx

from cnn_lessons import runs
from cnn_lessons.runs.plan import PLANNED


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("recorded-variations", RecordedVariations)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def kinds_of(name: str) -> dict[str, list[runs.Recorded]]:
    """The run that `name` names, with all its seeds, and by their change those that vary it in the same format."""
    precision, found = PLANNED[name].recipe.precision, {}
    for made in variations(name):
        planned = BY_TITLE[made.name]
        if planned.recipe.precision == precision:
            found.setdefault(kind(planned), []).append(made)
    return {"as it is": groups()[name], **{change(made[0]): made for made in found.values()}}


class RecordedVariations(WritesMarkdown):
    """Accuracy on the images of the last epoch, as training saw them, and on the test images: a row for each change."""

    required_arguments = 1  # the run's name

    def run(self) -> list[nodes.Node]:
        """Return a table, the run itself first."""
        rows = ["| recipe | training, last epoch | test |", "|---|--:|--:|"]
        for what, made in kinds_of(self.arguments[0]).items():
            learned = statistics.mean(100 * run.epochs[-1]["train_accuracy"] for run in made)
            rows.append(f"| {what} | {learned:.1f} % | {measured(made)} |")
        return self.markdown(rows)
