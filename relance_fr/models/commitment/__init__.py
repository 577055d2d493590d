from . import relance_commitment
from . import relance_commitment_agreement
from . import relance_commitment_line
from . import relance_commitment_debt
from . import relance_commitment_reminder
from . import relance_commitment_withdrawal
from . import res_company
