"""The sources of a fit are those of what was done, and nothing else."""

import pytest

from cgsurvey.base.references import reference
from cgsurvey.sem.options import resolve
from cgsurvey.sem.sources import sources


@pytest.mark.parametrize(
    ("given", "there", "absent"),
    [
        ({}, {"joreskog1969"}, {"yuan2000", "satorra1994", "muthen1984", "efron1979", "binder1983"}),
        ({"estimator": "MLM"}, {"joreskog1969", "satorra1994"}, {"yuan2000"}),
        ({"estimator": "MLMV"}, {"satorra1994", "asparouhov2010"}, {"yuan2000"}),
        ({"estimator": "MLR", "missing": "fiml"}, {"yuan2000", "arbuckle1996"}, {"satorra1994"}),
        ({"estimator": "GLS"}, {"joreskog1972"}, {"joreskog1969", "browne1984"}),
        ({"estimator": "WLS"}, {"browne1984"}, {"joreskog1969", "muthen1984"}),
        ({"ordered": True}, {"muthen1984", "muthen1997", "satorra1994", "asparouhov2010"}, {"joreskog1969"}),
        ({"ordered": True, "estimator": "ULSMV"}, {"muthen1984", "forero2009"}, {"muthen1997"}),
        ({"missing": "robust.two.stage"}, {"savalei2009", "savalei2014"}, {"arbuckle1996"}),
        ({"cluster": "c"}, {"binder1983", "yuan2000"}, {"asparouhov2005"}),
        ({"strata": "s", "weights": "w"}, {"binder1983", "asparouhov2005"}, set()),
        ({"se": "bootstrap"}, {"efron1979", "davison1997"}, {"efron1987", "bollen1992"}),
        ({"se": "bootstrap", "ci_type": "bca"}, {"efron1987"}, set()),
        ({"test": "bollen.stine"}, {"bollen1992"}, {"efron1979"}),
    ],
)
def test_sources_follow_from_the_options(given, there, absent):
    options = resolve(given)
    found = sources(options, ordered=bool(options.ordered), measures=())
    assert there <= set(found) and not absent & set(found)
    assert len(found) == len(set(found)) and all(reference(k).apa for k in found)


def test_robust_indices_have_the_source_of_their_correction():
    def corrected(**given):
        options = resolve(given)
        return sources(options, ordered=bool(options.ordered), measures=("cfi", "cfi_robust"))[-1]

    assert corrected(estimator="MLR") == "brosseau2018"
    assert corrected(estimator="MLR", missing="fiml") == "zhang2023"
    assert corrected(ordered=True) == "savalei2021"
