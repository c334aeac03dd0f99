"""The ids that addresses have in them, described once."""

from __future__ import annotations

from ninja import P, PathEx

SessionId = PathEx[str, P(description="The session's id, percent-encoded where it has a slash.")]
RunId = PathEx[str, P(description="The run's id.")]
RequirementId = PathEx[str, P(description="The requirement's id.")]
LinkId = PathEx[str, P(description="The ticket link's `id`, a number.")]
