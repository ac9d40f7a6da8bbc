"""The notebooks, without their output, become templates of JupyterLab's launcher."""

import json
import tempfile
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SHELF = "share/jupyter/notebook_templates/cgsurvey"


class Templates(BuildHookInterface):
    """Add a copy of every notebook to the files that are shared with Jupyter."""

    def initialize(self, version, build_data):
        """Write the copies where only this build sees them."""
        self.copies = tempfile.TemporaryDirectory()
        for path in sorted(Path(self.root, "notebooks").glob("*.ipynb")):
            notebook = json.loads(path.read_text(encoding="utf-8"))
            for cell in notebook["cells"]:
                if cell["cell_type"] == "code":
                    cell.update(outputs=[], execution_count=None)
            copy = Path(self.copies.name, path.name)
            copy.write_text(json.dumps(notebook, ensure_ascii=False), encoding="utf-8")
            build_data["shared_data"][str(copy)] = f"{SHELF}/{path.name}"

    def finalize(self, version, build_data, artifact_path):
        """Clear away what the build needed."""
        self.copies.cleanup()
