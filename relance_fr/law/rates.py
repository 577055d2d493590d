"""Published rates, one row a semester: the legal interest rate (CMF L313-2) and the ECB refinancing rate."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from .periods import Semester

FLOOR_MULTIPLE = 3


class SemesterRates(NamedTuple):
    """Rates of one semester, in percent a year (12.15 means 12.15 %); None for one that is not published yet.

    - `legal_private`: legal interest rate of a creditor who is a natural person outside any trade (D313-1-A);
    - `legal_business`: legal interest rate of any other creditor, whoever the debtor is ("autres cas");
    - `ecb`: ECB main refinancing rate in force on the first day of the semester (L441-10 II: 1 January, 1
      July).
    """

    legal_private: Decimal | None
    legal_business: Decimal | None
    ecb: Decimal | None


class MissingRateError(LookupError):
    """A rate that the computation needs is not in the table; never extrapolated.

    `semester` says when; `rate` is "ecb" or "legal" where only that one is not published yet, "" without a row.

    >>> str(MissingRateError(Semester(2027, 1)))
    'No rate for 2027 S1'
    >>> str(MissingRateError(Semester(2027, 1), "legal"))
    'No legal rate for 2027 S1'
    """

    def __init__(self, semester: Semester, rate: str = ""):
        super().__init__(" ".join(filter(None, ("No", rate, f"rate for {semester}"))))
        self.semester = semester
        self.rate = rate

    def __reduce__(self):
        return type(self), (self.semester, self.rate)


class RateTable:
    """Immutable table of `SemesterRates` by `Semester`.

    Raises ValueError on a key that is no semester, TypeError on a rate that is not a Decimal.

    >>> table = RateTable({
    ...     Semester(2026, 1): SemesterRates(Decimal("6.67"), Decimal("2.62"), Decimal("2.15")),
    ...     Semester(2026, 2): SemesterRates(Decimal("6.84"), Decimal("2.75"), Decimal("2.40")),
    ... })
    >>> table.ecb(Semester(2026, 1)), table.legal(Semester(2026, 2)), table.floor(Semester(2026, 2))
    (Decimal('2.15'), Decimal('2.75'), Decimal('8.25'))
    >>> try:
    ...     table.ecb(Semester(2027, 1))
    ... except MissingRateError as error:
    ...     print(error)
    No rate for 2027 S1
    >>> RateTable({Semester(2026, 1): SemesterRates(None, None, 2.15)})
    Traceback (most recent call last):
        ...
    TypeError: Rate ecb of 2026 S1 must be a Decimal in percent, not 2.15
    """

    __slots__ = ("_rows",)

    def __init__(self, rows: Mapping[Semester, SemesterRates]):
        self._rows = {_semester(key): SemesterRates(*row) for key, row in rows.items()}
        for semester, row in self._rows.items():
            for name, rate in row._asdict().items():
                if rate is not None and not isinstance(rate, Decimal):
                    raise TypeError(f"Rate {name} of {semester} must be a Decimal in percent, not {rate!r}")

    def at(self, semester: Semester) -> SemesterRates:
        """Return the row of `semester`; raise MissingRateError if there is none."""
        try:
            return self._rows[semester]
        except KeyError:
            raise MissingRateError(semester) from None

    def ecb(self, semester: Semester) -> Decimal:
        """Return the ECB refinancing rate (%) on the first day of `semester`, or raise MissingRateError."""
        return self._known(semester, self.at(semester).ecb, "ecb")

    def legal(self, semester: Semester) -> Decimal:
        """Return the legal interest rate (%) that a business creditor earns, or raise MissingRateError.

        The column is chosen by the creditor, not by the debtor: it is this one against a consumer too
        (CMF L313-2, D313-1-A).
        """
        return self._known(semester, self.at(semester).legal_business, "legal")

    def floor(self, semester: Semester) -> Decimal:
        """Return three times the legal rate (%), the least a penalty clause may charge (C. com. L441-10 II).

        >>> spring = Semester(2023, 1)
        >>> RateTable({spring: SemesterRates(None, Decimal("2.06"), None)}).floor(spring)
        Decimal('6.18')
        """
        return FLOOR_MULTIPLE * self.legal(semester)

    @staticmethod
    def _known(semester: Semester, rate: Decimal | None, name: str) -> Decimal:
        if rate is None:
            raise MissingRateError(semester, name)
        return rate


def _semester(key) -> Semester:
    semester = Semester(*key)
    if semester.half not in (1, 2):
        raise ValueError(f"A semester is (year, 1) or (year, 2), not {tuple(key)}")
    return semester
