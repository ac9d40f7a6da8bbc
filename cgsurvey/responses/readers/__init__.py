"""Opening of field files: whatever the format, a table of headers and text cells comes out."""

from cgsurvey.responses.readers.open import open_table
from cgsurvey.responses.readers.raw import RawTable

__all__ = ["RawTable", "open_table"]
