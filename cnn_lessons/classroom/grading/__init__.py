"""Run what came back, each notebook in a jail of its own, and judge the values that its answers return."""
