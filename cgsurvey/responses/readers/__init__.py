"""Opening of field files: whatever the format, a table of headers and text cells comes out.

Two tiers. **Containers** turn bytes into cells: delimited text (`text`), workbooks (`workbook`), data frames and
parquet (`columnar`), files of statistics programs (`statistical`), zip archives (`archive`), markup (`markup`).
**Platforms** turn cells into a `RawTable` that holds what the program knows of them: `kobo` (and ODK), `google_forms`,
`limesurvey`, `qualtrics`, `redcap`; SPSS and Stata are container and platform in one; a plain table has no platform.

`open` is the way through: the first bytes choose the container, `registry` shows the first rows to each platform, the
first that recognises them reads on and says by what. Each platform module ends with its `Platform`: its name, what it
needs, how it recognises and reads. A new one is a module of this form and a line in the registry.

A `RawTable` keeps cells as text and interprets nothing. Beside them stand the texts of questions, value labels, the
cells that the file itself declares as no answer with their reasons, and the yes/no columns of questions with several
answers.
"""

from cgsurvey.responses.readers.open import open_table
from cgsurvey.responses.readers.platform import Request
from cgsurvey.responses.readers.raw import RawTable
from cgsurvey.responses.readers.registry import SOURCES

__all__ = ["SOURCES", "RawTable", "Request", "open_table"]
