"""Civil semesters, the periods for which French law fixes the rates of late payment (C. com. L441-10 II)."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple


class Semester(NamedTuple):
    """Half of a civil year: `half` 1 runs from 1 January to 30 June, `half` 2 from 1 July to 31 December.

    Semesters sort in time order and can be dictionary keys.

    >>> Semester.of(date(2026, 6, 30)), Semester.of(date(2026, 7, 1))
    (Semester(year=2026, half=1), Semester(year=2026, half=2))
    >>> Semester(2025, 2) < Semester(2026, 1)
    True
    >>> str(Semester(2027, 1))
    '2027 S1'
    """

    year: int
    half: int

    @classmethod
    def of(cls, day: date) -> Semester:
        """Return the semester that holds `day`: 1 July belongs to the second one.

        >>> str(Semester.of(date(2024, 12, 31)))
        '2024 S2'
        """
        return cls(day.year, 1 if day.month <= 6 else 2)

    @property
    def start(self) -> date:
        """First day.

        >>> Semester(2026, 2).start
        datetime.date(2026, 7, 1)
        """
        return date(self.year, 1 if self.half == 1 else 7, 1)

    @property
    def end(self) -> date:
        """Last day, included.

        >>> Semester(2026, 1).end
        datetime.date(2026, 6, 30)
        """
        return date(self.year, 6, 30) if self.half == 1 else date(self.year, 12, 31)

    def next(self) -> Semester:
        """Return the semester that follows.

        >>> str(Semester(2026, 2).next())
        '2027 S1'
        """
        return Semester(self.year, 2) if self.half == 1 else Semester(self.year + 1, 1)

    def previous(self) -> Semester:
        """Return the semester before.

        >>> str(Semester(2026, 1).previous())
        '2025 S2'
        """
        return Semester(self.year, 1) if self.half == 2 else Semester(self.year - 1, 2)

    def __str__(self) -> str:
        return f"{self.year} S{self.half}"
