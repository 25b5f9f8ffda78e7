"""Hand chapters out: the editions of the package and of the notebooks, and the scan that proves them clean."""
