"""Which subjects and raters hang together through common ratings; only those can be compared.

===========  ==============================================================
Name         Meaning
===========  ==============================================================
Components   the component of each subject and rater
components   find them
===========  ==============================================================
"""

from typing import NamedTuple

import numpy as np
import scipy

from app.scoring.columns import Integers
from app.scoring.crossed import Sparse


class Components(NamedTuple):
    """The component of each subject and rater, numbered from 0, the one with most ratings first.

    parts : how many there are
    subject, rater : number of the component per level
    """

    parts: int
    subject: Integers
    rater: Integers


def components(cross: Sparse) -> Components:
    """Sets of subjects and raters between which a chain of ratings leads; between two sets none does.

    Parameters
    ----------
    cross : ratings per subject and rater

    Formula: connected components of the graph whose edges are the ratings, what union-find over the edges gives.
    Two components differ by their subjects, by their raters, or by both; the ratings cannot say which.
    Source: Weeks & Williams 1964; Linacre 1989 on disconnected subsets.

    >>> two_islands = scipy.sparse.csr_array([[1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 2, 2]])
    >>> [numbers.tolist() for numbers in components(two_islands)[1:]]
    [[1, 1, 0], [1, 1, 0, 0]]
    """
    subjects, raters = cross.shape
    size = subjects + raters
    ends = np.concatenate([cross.indptr, np.full(raters, cross.indptr[-1])])
    graph = scipy.sparse.csr_array((cross.data, cross.indices + subjects, ends), shape=(size, size))
    count, found = scipy.sparse.csgraph.connected_components(graph, directed=False)
    ratings = np.bincount(found[:subjects], np.asarray(cross.sum(axis=1)), count)
    rank = np.empty(count, np.int64)
    rank[np.argsort(-ratings, kind="stable")] = np.arange(count)
    number = rank[found]
    return Components(int(count), number[:subjects], number[subjects:])
