"""Table of k-anonymity."""

from __future__ import annotations

from collections.abc import Mapping

from cgsurvey.present.table import Column, Table, Words
from cgsurvey.present.tables.style import Maker, Style, label, makers, rows_of, with_meta
from cgsurvey.responses.anonymity import KAnonymity


@makers.register(KAnonymity)
def _anonymity_makers(x: KAnonymity) -> Mapping[str, Maker]:
    return {"anonymity": anonymity}


def anonymity(x: KAnonymity, style: Style) -> Table:
    """T2: how many respondents are not hidden among k with the same answers, per set of columns."""
    rows = []
    for r in rows_of(x.tidy()):
        names = [label(x.meta, n) for n in str(r.columns).split(" + ")]
        which = Words(" + ".join(n.en for n in names), " + ".join(n.id for n in names))
        rows.append((which, r.n_classes, r.k_smallest, r.n_below, r.share_below))
    columns = tuple(map(Column.of, ("columns", "n_classes", "k_smallest", "n_below", "share_below")))
    out = ", ".join(x.coarsen)
    notes = [
        Words(
            f"k = {x.k}: respondents that must share a combination of answers.",
            f"k = {x.k}: jumlah responden yang harus memiliki kombinasi jawaban yang sama.",
        )
    ]
    if out:
        notes.append(
            Words(
                f"To be coarsened or left out, in this order: {out}.",
                f"Perlu diperkasar atau dikeluarkan, berurutan: {out}.",
            )
        )
    title = Words("Anonymity of the respondents", "Anonimitas responden")
    return with_meta(Table("T2", "anonymity", title, columns, tuple(rows), notes=tuple(notes)), x.meta)
