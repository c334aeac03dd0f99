"""Rules for the shape of names: one function, `conform`, says whether a name may be, and proposes one where it may not."""

from sessions_app.policy.naming_rules.base import MASKED_NAME, Context, NameRules, Refusal, Rule
from sessions_app.policy.naming_rules.conform import conform

__all__ = ["MASKED_NAME", "Context", "NameRules", "Refusal", "Rule", "conform"]
