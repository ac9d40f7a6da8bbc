"""The scaled test (MLR) of one path model of psych's sat_act to 50 digits, by mpmath and without this package.

Run: python scaled_exact.py sat_act.csv

Model ``ACT ~ age + education; SATV ~ ACT + gender; SATQ ~ ACT + gender + age; SATV ~~ SATQ`` with random covariates, no
means, complete rows. With Sigma(theta) = (I - A)^-1 Psi (I - A)^-T, f = log|Sigma| + tr(S Sigma^-1), moments with
divisor n, u_i the scores of one row (of -f_i / 2) and H the Hessian of f / 2::

    c = (tr B1 H1^-1 - tr B0 H0^-1) / df        B = sum_i u_i u_i' / n

index 1 at Sigma = S over vech Sigma, index 0 at the estimates over theta (Yuan & Bentler, 2000; Asparouhov & Muthen,
2005: observed information). All derivatives are exact formulas; the Hessian is checked by differences of the gradient.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from mpmath import eye, gammainc, inverse, log, lu_solve, matrix, mp, mpf, nstr, zeros

mp.dps = 60  # ten guard digits
NAMES = ["ACT", "SATV", "SATQ", "age", "education", "gender"]
PATHS = [("ACT", "age"), ("ACT", "education"), ("SATV", "ACT"), ("SATV", "gender"), ("SATQ", "ACT"), ("SATQ", "gender")]
PATHS += [("SATQ", "age")]
COVARIANCES = [(a, a) for a in NAMES] + [("SATV", "SATQ"), ("age", "education"), ("age", "gender")]
COVARIANCES += [("education", "gender")]
P, Q = len(NAMES), len(PATHS) + len(COVARIANCES)


def place(pair: tuple[str, str]) -> tuple[int, int]:
    return NAMES.index(pair[0]), NAMES.index(pair[1])


CELLS = [place(pair) for pair in PATHS + COVARIANCES]


def unit(i: int, j: int, *, both: bool) -> matrix:
    out = zeros(P)
    out[i, j] = 1
    if both:
        out[j, i] = 1
    return out


UNITS = [unit(i, j, both=k >= len(PATHS)) for k, (i, j) in enumerate(CELLS)]


def trace(M: matrix) -> mpf:
    return sum(M[i, i] for i in range(M.rows))


def product_trace(X: matrix, Y: matrix) -> mpf:
    return sum(X[i, j] * Y[j, i] for i in range(X.rows) for j in range(X.cols))


def parts(theta: list[mpf]) -> tuple[matrix, list[matrix], list[list[matrix]]]:
    """Sigma, its first and its second derivatives."""
    A, Psi = zeros(P), zeros(P)
    for k, U in enumerate(UNITS):
        if k < len(PATHS):
            A += theta[k] * U
        else:
            Psi += theta[k] * U
    E = inverse(eye(P) - A)
    Sigma = E * Psi * E.T
    first = []
    for k, U in enumerate(UNITS):
        if k < len(PATHS):
            T = E * U * Sigma
            first.append(T + T.T)
        else:
            first.append(E * U * E.T)
    second = [[zeros(P) for _ in range(Q)] for _ in range(Q)]
    for a, U in enumerate(UNITS):
        for b, V in enumerate(UNITS):
            if a < len(PATHS):
                # d(E U Sigma) by theta_b; E itself moves with a path only.
                T = E * U * first[b]
                if b < len(PATHS):
                    T += E * V * E * U * Sigma
                second[a][b] = T + T.T
            elif b < len(PATHS):
                T = E * V * first[a]
                second[a][b] = T + T.T
    return Sigma, first, second


def gradient(theta: list[mpf], S: matrix) -> matrix:
    """Half the gradient of f."""
    Sigma, first, _ = parts(theta)
    K = inverse(Sigma)
    W = K - K * S * K
    return matrix([product_trace(W, D) / 2 for D in first])


def hessian(theta: list[mpf], S: matrix) -> matrix:
    """Half the Hessian of f."""
    Sigma, first, second = parts(theta)
    K = inverse(Sigma)
    W = K - K * S * K
    M = 2 * K * S * K - K
    H = zeros(Q)
    left, right = [M * D for D in first], [K * D for D in first]
    for a in range(Q):
        for b in range(Q):
            H[a, b] = (product_trace(left[a], right[b]) + product_trace(W, second[a][b])) / 2
    return H


def read(path: str) -> list[list[mpf]]:
    with Path(path).open(newline="") as file:
        rows = [[row[n] for n in NAMES] for row in csv.DictReader(file)]
    return [[mpf(v) for v in row] for row in rows if "NA" not in row]


def start(S: matrix) -> list[mpf]:
    """Regressions, equation by equation, and residual variances."""
    theta, paths = [mpf(0)] * Q, len(PATHS)
    for lhs in ("ACT", "SATV", "SATQ"):
        at = [k for k, pair in enumerate(PATHS) if pair[0] == lhs]
        x, y = [CELLS[k][1] for k in at], NAMES.index(lhs)
        b = lu_solve(matrix([[S[i, j] for j in x] for i in x]), matrix([S[i, y] for i in x]))
        for k, value in zip(at, b, strict=True):
            theta[k] = value
    B = eye(P)
    for k in range(paths):
        B[CELLS[k]] -= theta[k]
    R = B * S * B.T
    for k in range(paths, Q):
        theta[k] = R[CELLS[k]]
    return theta


def main(path: str) -> None:
    rows = read(path)
    n = len(rows)
    mean = [sum(row[i] for row in rows) / n for i in range(P)]
    D = [[row[i] - mean[i] for i in range(P)] for row in rows]
    S = matrix([[sum(d[i] * d[j] for d in D) / n for j in range(P)] for i in range(P)])

    theta = start(S)
    for _ in range(50):
        g = gradient(theta, S)
        step = lu_solve(hessian(theta, S), g)
        theta = [t - s for t, s in zip(theta, step, strict=True)]
        if max(abs(s / t) for s, t in zip(step, theta, strict=True)) < mpf(10) ** -(mp.dps - 8):
            break

    Sigma, first, _ = parts(theta)
    K, H0 = inverse(Sigma), hessian(theta, S)
    h = mpf(10) ** -20
    for b in range(Q):  # the formulas of the Hessian, by central differences of the gradient
        up, down = ([t + s * h * (k == b) for k, t in enumerate(theta)] for s in (1, -1))
        apart = (gradient(up, S) - gradient(down, S)) / (2 * h) - H0[:, b]
        assert max(abs(apart[a]) / abs(H0[a, a]) for a in range(Q)) < mpf(10) ** -25

    def spread(Ds: list[matrix], K: matrix) -> matrix:
        """Cross products of (d' V d - tr(K dSigma)) / 2 over rows, V = K dSigma K, over n."""
        out = zeros(len(Ds))
        packed = [(K * X * K, trace(K * X)) for X in Ds]
        for d in D:
            u = [(sum(d[i] * V[i, j] * d[j] for i in range(P) for j in range(P) if V[i, j]) - t) / 2 for V, t in packed]
            for a in range(len(u)):
                for b in range(a + 1):
                    out[a, b] += u[a] * u[b]
        for a in range(len(Ds)):
            for b in range(a + 1):
                out[a, b] /= n
                out[b, a] = out[a, b]
        return out

    trace0 = trace(lu_all(H0, spread(first, K)))
    moments = [unit(i, j, both=True) for j in range(P) for i in range(j, P)]
    K1 = inverse(S)
    H1 = matrix([[product_trace(K1 * X, K1 * Y) / 2 for Y in moments] for X in moments])
    trace1 = trace(lu_all(H1, spread(moments, K1)))

    df = len(moments) - Q
    chisq = n * (log(mp.det(Sigma)) + trace(S * K) - log(mp.det(S)) - P)
    factor = (trace1 - trace0) / df
    scaled = chisq / factor
    p = gammainc(mpf(df) / 2, scaled / 2, mp.inf, regularized=True)
    largest = max(abs(x) for x in gradient(theta, S))
    sys.stdout.write(f"rows {n}, df {df}, largest gradient {nstr(largest, 3)}\n")
    for name, value in (("chisq", chisq), ("scaling factor", factor), ("chisq scaled", scaled), ("p scaled", p)):
        sys.stdout.write(f"{name:15s} {nstr(value, 30)}\n")


def lu_all(H: matrix, B: matrix) -> matrix:
    """H^-1 B, column by column."""
    out = zeros(B.rows, B.cols)
    for c in range(B.cols):
        out[:, c] = lu_solve(H, B[:, c])
    return out


if __name__ == "__main__":
    main(sys.argv[1])
