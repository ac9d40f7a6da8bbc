"""Execute the notebook sources (`src/*.py`, percent format) in a fresh kernel and write the notebooks beside this file.

python notebooks/build.py            all of them
python notebooks/build.py 01         those whose name begins so
"""

import sys
import tempfile
from pathlib import Path

import jupytext
from nbclient import NotebookClient

HERE = Path(__file__).resolve().parent


def execute(source: Path) -> object:
    """Return the executed notebook of a source; files that it writes go to a temporary folder."""
    notebook = jupytext.read(source)
    notebook.metadata = {"kernelspec": notebook.metadata["kernelspec"], "language_info": {"name": "python"}}
    for number, cell in enumerate(notebook.cells):
        cell.id = f"{source.stem}-{number}"
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(notebook, timeout=600, resources={"metadata": {"path": folder}}).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    return notebook


def main() -> None:
    for source in sorted((HERE / "src").glob(f"{sys.argv[1] if len(sys.argv) > 1 else ''}*.py")):
        jupytext.write(execute(source), HERE / f"{source.stem}.ipynb", fmt="ipynb")
        print(f"{source.stem}.ipynb")


if __name__ == "__main__":
    main()
