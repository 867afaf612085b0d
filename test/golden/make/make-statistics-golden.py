"""Makes test/golden/statistics/scipy.json: what scipy makes of samples, for test/src-shared/statistics.

usage: python test/golden/make/make-statistics-golden.py
needs: pip install scipy==1.17.1
"""
import json

import numpy as np
import scipy
from scipy import stats
from scipy.optimize import brentq

from folders import OUTPUT

random = np.random.default_rng(12)


def sign_flips():
    cases = []
    for values in (
        [0.03, 0.02, 0.04],
        [0.01, -0.02, 0.03, 0.015, 0.0],
        [1, 1, -1, 2, 2, -3, 4, 1],
        random.normal(0.3, 1, 15).round(3).tolist(),
    ):
        p = stats.permutation_test(
            (values,), np.mean, permutation_type='samples', n_resamples=np.inf, alternative='two-sided'
        ).pvalue
        cases.append({'values': values, 'p': p})
    many = random.normal(0.2, 1, 40).round(3).tolist()
    p = stats.permutation_test((many,), np.mean, permutation_type='samples', n_resamples=400_000, rng=1).pvalue
    return {'exact': cases, 'monteCarlo': {'values': many, 'p': p}}


def ranks():
    x = [0.7, 0.71, 0.9, 0.65, 0.8, 0.71]
    y = [1.0, 3.0, 4.0, 2.0, 3.0, 5.0]
    long_x = random.integers(0, 12, 40).tolist()
    long_y = (np.array(long_x) + random.integers(0, 20, 40)).tolist()
    found = []
    for one, other in ((x, y), (long_x, long_y)):
        case = {'x': one, 'y': other}
        for name, statistic in (
            ('spearman', lambda a: stats.spearmanr(a, other).statistic),
            ('kendall', lambda a: stats.kendalltau(a, other).statistic),
        ):
            test = stats.permutation_test(
                (one,), statistic, permutation_type='pairings', n_resamples=np.inf if len(one) < 8 else 20_000, rng=1
            )
            case[name] = {'value': test.statistic, 'p': test.pvalue}
        found.append(case)
    return found


def bootstraps():
    """Intervals of given distributions: the resamples are scipy's, so that only the intervals are compared."""
    one = random.exponential(1, 14).round(4)
    other = random.exponential(2, 9).round(4)
    found = []
    for samples, statistic in (
        ((one,), lambda a, axis: np.mean(a, axis=axis)),
        ((one, other), lambda a, b, axis: np.mean(a, axis=axis) + np.mean(b, axis=axis)),
    ):
        case = {'samples': [sample.tolist() for sample in samples], 'estimate': float(statistic(*samples, axis=-1))}
        made = None
        for method in ('percentile', 'BCa'):
            made = stats.bootstrap(
                samples,
                statistic,
                n_resamples=500 if made is None else 0,
                method=method,
                bootstrap_result=made,
                rng=2,
            )
            case[method] = list(made.confidence_interval)
        case['distribution'] = made.bootstrap_distribution.tolist()
        found.append(case)
    return found


def distributions():
    return {
        'noncentral': [
            {'t': t, 'degrees': d, 'noncentrality': n, 'p': stats.nct.cdf(t, d, n)}
            for t, d, n in ((2.776, 4, 3.0), (-2.776, 4, 3.0), (1.0, 2.5, 0.5), (1.96, 1e4, 2.8), (12.7, 1, 20.0), (0.0, 7, 1.3))
        ],
        'normal': [{'x': x, 'p': stats.norm.cdf(x)} for x in (-6.0, -1.959964, -0.3, 0.0, 1.0, 4.5)],
        'quantiles': [{'p': p, 'x': stats.norm.ppf(p)} for p in (1e-6, 0.025, 0.5, 0.8, 0.975)],
    }


def powers():
    """Shift at which the two-sided t test at 5 % has this power, by brentq on scipy's nct."""
    found = []
    for degrees, power in ((2, 0.8), (4, 0.8), (9, 0.9), (1999, 0.8)):
        critical = stats.t.ppf(0.975, degrees)
        shift = brentq(
            # The far tail underflows to NaN.
            lambda s: stats.nct.sf(critical, degrees, s) + np.nan_to_num(stats.nct.cdf(-critical, degrees, s)) - power, 0.01, 15
        )
        found.append({'degrees': degrees, 'power': power, 'shift': shift})
    return found


golden = {
    'scipy': scipy.__version__,
    'signFlips': sign_flips(),
    'ranks': ranks(),
    'bootstraps': bootstraps(),
    'distributions': distributions(),
    'powers': powers(),
}
(OUTPUT / 'statistics').mkdir(parents=True, exist_ok=True)
(OUTPUT / 'statistics' / 'scipy.json').write_text(json.dumps(golden) + '\n')
