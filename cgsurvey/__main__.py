"""``python -m cgsurvey`` is the command ``cgsurvey``."""

from cgsurvey.cli import main

main()
