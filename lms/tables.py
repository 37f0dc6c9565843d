"""Every table of the program, gathered for migrations and tests; imports the models and nothing else."""

from lms.base import audit, heartbeat, outbox
from lms.base.db import Base
from lms.catalogue import models as catalogue
from lms.competence import models as competence
from lms.evidence import models as evidence
from lms.identity import models as identity
from lms.learning import models as learning
from lms.learning import offline_models, time_models
from lms.messages import models as messages
from lms.organisation import models as organisation
from lms.reflection import models as reflection
from lms.register import models as register
from lms.register import record_models
from lms.reports import models as reports

GATHERED = (
    audit, heartbeat, outbox, identity, organisation, messages, catalogue, register, evidence, learning, competence,
    reflection, record_models, time_models, offline_models, reports,
)  # fmt: skip
METADATA = Base.metadata

GLOBAL_TABLES = frozenset(
    {
        "account",
        "identifier",
        "session",
        "throttle",
        "link_token",
        "authenticator_app",
        "passkey",
        "passkey_challenge",
        "push_subscription",
        "recovery_code",
        "personal_code",
        "kept_form",
        "sign_in_change",
        "certificate_number",
        "certificate_share",
        "calendar_feed",
        "outbox",
        "worker_heartbeat",
        "employer",
        "edition",
    }
)
