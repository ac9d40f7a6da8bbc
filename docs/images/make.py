"""Draw the picture of the README by running its example: python docs/images/make.py"""

import os
import re
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
CODE = re.search(r"```python\n(.*?)```", (HERE.parents[1] / "README.md").read_text(encoding="utf-8"), re.S)[1]

with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    exec(compile(CODE.replace("structure.svg", "structure.png"), "README.md", "exec"))
    (HERE / "structure.png").write_bytes(Path("structure.png").read_bytes())
    os.chdir(HERE)
