"""Measures reactor as its users run it: `python -m bench`. What it found is in README.md."""
