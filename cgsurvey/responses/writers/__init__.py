"""Writing of answers: sav, dta, csv, parquet and xlsx, with labels and reasons for no answer.

`columns` says what stands in each column, whatever the format; `tables` (csv, xlsx, parquet) and `statistical` (SPSS,
Stata) write it; `files` replaces a file as a whole or not at all; `write` does all this and reads the file back.
"""

from cgsurvey.responses.writers.files import Written

__all__ = ["Written"]
