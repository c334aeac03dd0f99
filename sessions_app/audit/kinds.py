"""Kinds of audit entries: one for each thing that happens to accounts, rights, settings and data."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """`noun.what_happened`, with its label for people."""

    SIGNED_IN = "account.signed_in", _("Signed in")
    SIGNED_OUT = "account.signed_out", _("Signed out")
    SIGN_IN_ENDED = "account.sign_in_ended", _("Signed out on another device, or by an admin")
    SIGN_IN_REFUSED = "account.sign_in_refused", _("Sign-in refused")
    SECOND_FACTOR_REFUSED = "account.second_factor_refused", _("Second factor refused")
    SECOND_FACTOR_ADDED = "account.second_factor_added", _("Second factor added")
    SECOND_FACTOR_REMOVED = "account.second_factor_removed", _("Second factor removed")
    ACCOUNT_MADE = "account.made", _("Account made")
    ACCOUNT_CHANGED = "account.changed", _("Account changed")
    ACCOUNT_DELETED = "account.deleted", _("Account deleted")
    ROLES_CHANGED = "account.roles_changed", _("Roles changed")
    QUEUES_CHANGED = "account.queues_changed", _("Queues changed")
    ADDRESS_ASKED = "account.address_asked", _("Another address asked for")
    ADDRESS_CONFIRMED = "account.address_confirmed", _("New address confirmed")
    ADDRESS_REFUSED = "account.address_refused", _("Change of address refused")
    PASSWORD_CHANGED = "account.password_changed", _("Password changed")
    PASSWORD_RESET_ASKED = "account.password_reset_asked", _("Link for a new password asked for")
    PASSWORD_RESET = "account.password_reset", _("Password set by a link")
    RECOVERY_CODES_MADE = "account.recovery_codes_made", _("Recovery codes made anew")

    TOKEN_MADE = "token.made", _("API token made")
    TOKEN_CHANGED = "token.changed", _("API token changed")
    TOKEN_ENDED = "token.ended", _("API token ended")
    TOKEN_REFUSED = "token.refused", _("Ended or expired API token used")

    ROW_ADDED = "admin.added", _("Added in the administration")
    ROW_CHANGED = "admin.changed", _("Changed in the administration")
    ROW_DELETED = "admin.deleted", _("Deleted in the administration")
    SETUP_ADDED = "setup.added", _("Added in the set-up")
    SETUP_CHANGED = "setup.changed", _("Changed in the set-up")
    SETUP_REMOVED = "setup.removed", _("Removed in the set-up")
    SETTINGS_CHANGED = "settings.changed", _("Settings of the program changed")
    LOG_EXPORTED = "audit.exported", _("Audit log exported")
    DECISIONS_EXPORTED = "decisions.exported", _("Decision log exported")

    LINK_MADE = "link.made", _("Customer's secret link made anew")
    LINK_REVOKED = "link.revoked", _("Customer's secret link revoked")

    WEBHOOK_MADE = "webhook.made", _("Webhook endpoint added")
    WEBHOOK_CHANGED = "webhook.changed", _("Webhook endpoint changed")
    WEBHOOK_SECRET = "webhook.secret_made", _("New secret for a webhook endpoint")
    WEBHOOK_ON = "webhook.switched_on", _("Webhook endpoint switched on")
    WEBHOOK_OFF = "webhook.switched_off", _("Webhook endpoint switched off")
    WEBHOOK_REMOVED = "webhook.removed", _("Webhook endpoint removed")

    NAMING_RULES = "naming.rules_changed", _("Naming rules changed")

    BACKUP_MADE = "backup.made", _("Backup made")
    BACKUP_RESTORED = "backup.restored", _("Backup restored")
    CUSTOMER_CORRECTED = "customer.corrected", _("Customer’s name or address corrected")
    CUSTOMER_ERASED = "customer.erased", _("Customer erased")
    CUSTOMER_EXPORTED = "customer.exported", _("Customer exported")
    DELETED_ERASED = "retention.deleted_erased", _("Conversations erased that people deleted 30 days ago")
    RETENTION_ERASED = "retention.erased", _("Closed conversations erased by their queue's retention")
