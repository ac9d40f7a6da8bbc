"""Print a command of the README: the code block that follows ``<!-- command: NAME -->``."""

import re
import sys
from pathlib import Path

text = Path(__file__).resolve().parents[1].joinpath("README.md").read_text(encoding="utf-8")
found = re.search(rf"<!-- command: {re.escape(sys.argv[1])} -->\s*```\w*\n(.*?)```", text, re.S)
if not found:
    sys.exit(f"README.md has no command '{sys.argv[1]}'")
print(found.group(1).strip())
