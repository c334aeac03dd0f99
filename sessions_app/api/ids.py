"""The ids that addresses have in them, described once."""

from __future__ import annotations

from ninja import P, PathEx

from sessions_app.validation import addresses

#: Description of the session's id in addresses.
HOW_TO_WRITE = (
    "The session's id, percent-encoded. One that begins with ~, has %, \\ or invisible characters, has an empty part, . or .."
    f" between slashes, or ends like an address here (/messages, /runs …) is written as {addresses.ENCODED} and its UTF-8 in "
    "base64url without padding. A session's `address` has it as it must be."
)
SessionId = PathEx[str, P(description=HOW_TO_WRITE)]
RunId = PathEx[str, P(description="The run's id.")]
RequirementId = PathEx[str, P(description="The requirement's id.")]
LinkId = PathEx[str, P(description="The ticket link's `id`, a number.")]
