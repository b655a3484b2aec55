"""Fixed data and what scipy and statsmodels compute of it: python statistics.py > statistics.json"""

import json
import sys

import numpy as np
import scipy
import statsmodels
from scipy import stats
from statsmodels.stats.multitest import multipletests

rng = np.random.default_rng(20261125)


def wilcoxon(name, differences):
    d = np.asarray(differences, float)
    result = stats.wilcoxon(d, method="auto", correction=True)
    ranks = stats.rankdata(np.abs(d[d != 0]))
    plus = ranks[d[d != 0] > 0].sum()
    minus = ranks[d[d != 0] < 0].sum()
    return {
        "name": name,
        "differences": d.tolist(),
        "statistic": float(result.statistic),
        "pValue": float(result.pvalue),
        "rankBiserial": float((plus - minus) / (plus + minus)),
        "cohensDz": float(d.mean() / d.std(ddof=1)),
    }


def rounded(n, shift, digits):
    return np.round(rng.normal(shift, 1, n), digits)


def with_zeros(n, zeros, digits):
    d = rounded(n, 0.4, digits)
    d[:zeros] = 0
    return d


cases = [
    wilcoxon("2 pairs", [0.5, -0.25]),
    wilcoxon("5 pairs, one sign", [0.1, 0.2, 0.3, 0.4, 0.5]),
    wilcoxon("6 pairs, one sign", [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]),
    wilcoxon("12 pairs", rng.normal(0.3, 1, 12)),
    wilcoxon("13 pairs with ties", rounded(13, 0.5, 0) + 0.5),
    wilcoxon("13 pairs with ties and zeros", with_zeros(13, 3, 0)),
    wilcoxon("13 pairs with zeros", with_zeros(13, 2, 8)),
    wilcoxon("14 pairs with ties", rounded(14, 0.5, 0) + 0.5),
    wilcoxon("14 pairs with one zero", with_zeros(14, 1, 8)),
    wilcoxon("20 pairs", rng.normal(-0.5, 1, 20)),
    wilcoxon("30 pairs with ties and zeros", with_zeros(30, 4, 1)),
    wilcoxon("50 pairs", rng.normal(0.6, 1, 50)),
    wilcoxon("51 pairs", rng.normal(0.2, 1, 51)),
    wilcoxon("51 pairs, one zero", with_zeros(51, 1, 8)),
    wilcoxon("200 pairs with ties and zeros", with_zeros(200, 7, 1)),
    wilcoxon("300 pairs, far apart", rng.normal(2, 1, 300)),
    wilcoxon("14 pairs, as many up as down", [1, -1] * 7),
]


def holm(p_values):
    return {
        "pValues": list(p_values),
        "adjusted": multipletests(p_values, method="holm")[1].tolist(),
    }


golden = {
    "made with": f"numpy {np.__version__}, scipy {scipy.__version__}, statsmodels {statsmodels.__version__}",
    "wilcoxon": cases,
    "holm": [
        holm([0.04]),
        holm([0.01, 0.04, 0.03, 0.005]),
        holm([0.5, 0.6, 0.9, 0.02]),
        holm([0.01, 0.01, 0.01, 1.0]),
        holm((rng.random(40) ** 3).tolist()),
    ],
    "normalTail": [[z, float(stats.norm.sf(z))] for z in [-6, -1, 0, 1e-9, 0.5, 1.96, 2.8, 2.9, 5, 12, 30]],
    "studentQuantile": [
        [tail, df, float(stats.t.isf(tail, df))]
        for tail in [0.025, 0.005, 0.2]
        for df in [1, 2, 3, 4, 9, 10, 49, 200]
    ],
}
json.dump(golden, sys.stdout, indent=1)
sys.stdout.write("\n")
