"""The one exception of the scoring arithmetic; scores that cannot be told are values, in `results`."""


class ScoringError(Exception):
    """An answer, a reading or a setting that cannot be scored, with the allowed range in the message.

    Raised for mistakes only (out of range, negative weight, goalposts in no order). A score that is merely
    missing is a :class:`app.scoring.results.NotScored`.

    >>> raise ScoringError("weight of customer must be 0 or more, got -1")
    Traceback (most recent call last):
    ...
    app.scoring.errors.ScoringError: weight of customer must be 0 or more, got -1
    """
