"""Scaling factors of a model at any parameters, from what fits keep of their rows.

Numeric file. `samples` hold `gamma`, and with missing values `curvature` with observed information and cross products
of scores at the implied moments of their own fit (`sem.testing.kept`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cgsurvey.moments.normal import low, moment_information
from cgsurvey.moments.sample import Floats, Ints, Sample, shares
from cgsurvey.sem.fitting.derivatives import information
from cgsurvey.sem.model.ram import fill, jacobian
from cgsurvey.sem.model.structure import Structure
from cgsurvey.sem.testing.difference import score_products
from cgsurvey.sem.testing.nesting import moments


def unit_information(
    structure: Structure, theta: Floats, samples: Sequence[Sample], *, observed: bool, second: bool = True
) -> Floats:
    """Information per row, shape (q, q); with missing values valid at the moments the samples were kept at."""
    if not observed:
        return information(structure, theta, samples, "expected")
    kept = [
        replace(s, curvature=replace(s.curvature, H=s.curvature.observed))
        if s.curvature is not None and s.curvature.observed is not None
        else s
        for s in samples
    ]
    return information(structure, theta, kept, "observed", second=second)


def meat(structure: Structure, theta: Floats, samples: Sequence[Sample]) -> Floats:
    """D'W Gamma W D, shape (q, q), with W at the implied moments where it is not part of the estimator."""
    return _pull(structure, theta, samples)[1]


def given(sample: Sample, x: Sequence[int]) -> Sample:
    """The sample with the Gamma of covariates that do not vary from sample to sample, as `fourth.adf_gamma` makes it.

    What a linear regression on the covariates x predicts is taken out of the moments, which is linear in them.
    """
    gamma, p, x = sample.gamma, sample.p, list(x)
    if gamma is None or not x or len(gamma) != p + p * (p + 1) // 2:
        return sample
    i, j = low(p)
    B = np.zeros((p, p))  # coefficients of each variable (row) on the covariates (columns)
    B[:, x] = np.linalg.solve(sample.cov[np.ix_(x, x)], sample.cov[x]).T
    T = np.eye(len(gamma))
    T[:p, :p] -= B
    # B_ik B_jl x_k x_l: both orders of an off-diagonal product stand in one place of vech.
    both = B[i][:, i] * B[j][:, j]
    T[p:, p:] -= np.where(i == j, both, both + B[i][:, j] * B[j][:, i])
    still = np.concatenate([np.isin(np.arange(p), x), np.isin(i, x) & np.isin(j, x)])
    T[still] = 0.0
    return replace(sample, gamma=T @ gamma @ T.T)


def factor(structure: Structure, theta: Floats, samples: Sequence[Sample], K: Floats, df: int) -> float:
    """Scaling factor tr(U Gamma) / df of Satorra & Bentler (1994) at `theta`."""
    bread, middle = _pull(structure, theta, samples)
    total = 0.0
    for s, (W, gamma) in zip(samples, _weights(structure, theta, samples), strict=True):
        assert s.gamma is not None
        total += float(W @ np.diag(gamma)) if W.ndim == 1 else float(np.sum(W * gamma))
    return (total - float(np.trace(np.linalg.solve(K.T @ bread @ K, K.T @ middle @ K)))) / df


def _weights(structure: Structure, theta: Floats, samples: Sequence[Sample]) -> list[tuple[Floats, Floats]]:
    """W and Gamma of the moments that the model explains, group by group."""
    out = []
    for s, filled in zip(samples, fill(structure, theta), strict=True):
        assert s.gamma is not None
        if s.weight is not None:
            out.append((s.weight, s.gamma))
            continue
        W = moment_information(s, filled.Sigma, filled.mu, "expected") if s.curvature is None else s.curvature.H
        drop = 0 if structure.means else s.p
        out.append((W[drop:, drop:], s.gamma[drop:, drop:]))
    return out


def _pull(structure: Structure, theta: Floats, samples: Sequence[Sample]) -> tuple[Floats, Floats]:
    """D'WD and D'W Gamma W D, each of shape (q, q)."""
    bread, middle = np.zeros((2, len(theta), len(theta)))
    _, D = moments(structure, theta)
    at = 0
    for share, (W, gamma) in zip(shares(samples, rows=True), _weights(structure, theta, samples), strict=True):
        part = D[at : at + len(gamma)]
        at += len(gamma)
        WD = W[:, None] * part if W.ndim == 1 else W @ part
        bread += share * part.T @ WD
        middle += share * WD.T @ gamma @ WD
    return bread, middle


def meat_of_scores(structure: Structure, theta: Floats, samples: Sequence[Sample]) -> Floats:
    """Cross products of casewise scores at `theta`, shape (q, q)."""
    out = np.zeros((len(theta), len(theta)))
    deltas = jacobian(structure, theta)
    for share, s, filled, D in zip(shares(samples), samples, fill(structure, theta), deltas, strict=True):
        if s.curvature is not None and s.curvature.products is not None:
            out += share * D.T @ s.curvature.products @ D
            continue
        assert s.gamma is not None
        mu = filled.mu if structure.means else s.mean
        full = D if structure.means else np.vstack([np.zeros((s.p, D.shape[1])), D])
        W = moment_information(s, filled.Sigma, mu, "expected")
        out += share * score_products(s.gamma, s.cov, s.mean, filled.Sigma, mu, W, full)
    return out


def permuted(sample: Sample, order: Sequence[int]) -> Sample:
    """A sample with missing values, its variable k moved to place ``order[k]``."""
    c = sample.curvature
    assert c is not None and c.observed is not None and c.products is not None
    at, take = _places(order), np.argsort(order)
    both = np.ix_(at, at)
    moved = replace(
        c,
        b=c.b[take],
        W=c.W[np.ix_(take, take)],
        H=c.H[both],
        observed=c.observed[both],
        products=c.products[both],
    )
    return replace(sample, mean=sample.mean[take], cov=sample.cov[np.ix_(take, take)], curvature=moved)


def _places(order: Sequence[int]) -> Ints:
    """Place in the old (mu, vech) of each moment in the new order."""
    p, take = len(order), np.argsort(order)
    i, j = low(p)
    place = np.zeros((p, p), dtype=np.int64)
    place[i, j] = place[j, i] = p + np.arange(len(i))
    return np.concatenate([take, place[take[i], take[j]]])
