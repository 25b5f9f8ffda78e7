"""`python -m cnn_lessons`, also under torchrun."""

import sys

from cnn_lessons.cli import main

if __name__ == "__main__":
    sys.exit(main())
