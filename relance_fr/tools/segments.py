"""Segments of interest for screens and other programs, which want numbers."""


def segment_row(segment):
    """Return a ``law.Segment`` as a dict of the same names: ISO days, amounts and rate as floats."""
    figures = {name: float(getattr(segment, name)) for name in ("principal", "rate", "amount")}
    return segment.to_json() | figures
