"""Mail to people about their account."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from sessions_app.infrastructure import mail_counts

log = logging.getLogger(__name__)
REACHES = "django.core.mail.backends.smtp.EmailBackend"


def mail_reaches_people() -> bool:
    """Return whether EMAIL_URL names a mail server.

    Else mail is written to the screen and its log, where no secret link belongs.
    """
    return bool(settings.EMAIL_CONFIG.get("EMAIL_BACKEND") == REACHES)


def tell(template: str, to: str, **context: Any) -> bool:
    """Send `templates/account/mail/TEMPLATE.txt`, whose first line is the subject. False where it could not be sent.

    What happened has happened: a mail server that is away undoes nothing.
    """
    if not mail_reaches_people():
        return False
    subject, _, body = render_to_string(f"account/mail/{template}.txt", context).lstrip().partition("\n")
    try:
        EmailMessage(" ".join(subject.split()), body.strip() + "\n", to=[to]).send()
        mail_counts.sent("account")
    except (SMTPException, OSError) as problem:
        mail_counts.failed("account")
        log.warning("mail %s could not be sent: %s", template, type(problem).__name__)
        return False
    return True
