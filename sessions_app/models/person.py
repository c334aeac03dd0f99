"""People of the desk: support agents and admins. Customers are no rows; they are a session's `user_id`."""

from __future__ import annotations

import zlib
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from kern.validation.text import without_hidden
from sessions_app.infrastructure.time_zones import LONGEST_NAME, check_zone, is_known
from sessions_app.models.assigning import MOST_OPEN
from sessions_app.models.fields import AddressField, MomentField, NameField
from sessions_app.models.folded import FoldedField, FoldedModel
from sessions_app.models.list_settings import ListSettings
from sessions_app.text.identity import check_name, skeleton

HUES = 5
TAKEN = _("Another person has this address. An address belongs to one person.")


def hue_of(text: str) -> int:
    """Return the avatar colour (1–5) of a name; the same everywhere and for ever."""
    return zlib.crc32(text.encode()) % HUES + 1


def initials_of(name: str) -> str:
    """Return one or two letters for an avatar: of the first and the last word."""
    words = [word for word in name.replace("@", " ").replace(".", " ").split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"


def _vouch_for(person: Person) -> None:
    """Mark the address as verified: an account made by another person counts at once. A sign-up opens a link first."""
    from allauth.account.models import EmailAddress

    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)


class PersonManager(BaseUserManager["Person"]):
    def admins(self) -> models.QuerySet[Person]:
        """Return people who can use the admin pages and do everything there."""
        return self.filter(is_active=True, is_staff=True, is_superuser=True)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Person:
        """Create a person who signs in by email. Raises `ValueError` without an email."""
        if not email:
            raise ValueError("a person needs an email address to sign in")
        person = self.model(email=email, **fields)
        person.set_password(password)
        person.save(using=self._db)
        _vouch_for(person)
        return person

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> Person:
        """Create a person who may also use the admin pages."""
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **fields})

    def with_second_factor(self) -> models.QuerySet[Person]:
        """Annotate people with `has_second_factor`. Recovery codes alone are none."""
        from allauth.mfa.models import Authenticator  # its rows point at people: they can be imported only after these

        factors = Authenticator.objects.filter(user=models.OuterRef("pk"), type__in=("totp", "webauthn"))
        return self.get_queryset().annotate(has_second_factor=models.Exists(factors))


class Person(ListSettings, FoldedModel, AbstractUser):
    """A member of the desk; signs in by email."""

    class Theme(models.TextChoices):
        SYSTEM = "system", _("As the system")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class Onwards(models.TextChoices):
        """The place to go to after a conversation was resolved or snoozed."""

        STAY = "stay", _("Stay in the conversation")
        NEXT = "next", _("Open the next one of the list")
        LIST = "list", _("Go back to the list")

    username = None  # type: ignore[assignment]
    email = AddressField(_("email"), unique=True, error_messages={"unique": TAKEN})
    display_name = NameField(max_length=80, blank=True)
    theme = models.CharField(max_length=8, choices=Theme, default=Theme.SYSTEM)
    single_keys = models.BooleanField(default=True, help_text=_("Single letters work as keyboard shortcuts."))
    time_zone = models.CharField(
        max_length=LONGEST_NAME,
        blank=True,
        help_text=_("Empty: the installation's, until the browser tells it at a sign-in."),
    )
    onwards = models.CharField(
        max_length=4, choices=Onwards, default=Onwards.STAY, help_text=_("Where resolving and snoozing lead.")
    )
    is_away = models.BooleanField(
        default=False, help_text=_("Nothing is assigned automatically to who is away. Only the person and admins change it.")
    )
    capacity = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(MOST_OPEN)],
        help_text=_("With so many open conversations the person is given no more automatically. Empty: as the queue says."),
    )
    given_at = MomentField(
        null=True, blank=True, editable=False, help_text=_("When a conversation was last assigned automatically.")
    )
    must_use_second_factor = models.BooleanField(
        _("must use a second factor"),
        default=False,
        help_text=_("Whoever has none is led to set it up after the next sign-in, and can do nothing before."),
    )
    search_text = FoldedField("email", "display_name", "first_name", "last_name")

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[PersonManager] = PersonManager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            # The column keeps one form of each address; this holds for other programs that write into it, too.
            models.UniqueConstraint(Lower("email"), name="one_person_an_address"),
            models.CheckConstraint(condition=~Q(email=""), name="a_person_has_an_address"),
        ]

    def clean(self) -> None:
        super().clean()
        if self.time_zone:
            check_zone(self.time_zone)
        self._check_names()

    def _check_names(self) -> None:
        """Raise `ValidationError` for a name that would pass for an address or for another person."""
        for field in ("display_name", "first_name", "last_name"):
            try:
                check_name(getattr(self, field))
            except ValidationError as error:
                raise ValidationError({field: error}) from error
        if (shown := self.display_name or self.get_full_name()) and self._is_taken(shown):
            field = "display_name" if self.display_name else "last_name"
            raise ValidationError({field: _("Another person is called so, or so much alike that nobody could tell.")})

    def _is_taken(self, name: str) -> bool:
        wanted = skeleton(name)
        others = Person.objects.exclude(pk=self.pk).values_list("display_name", "first_name", "last_name", "email")
        return any(
            wanted in (skeleton(own or f"{first} {last}"), skeleton(email)) for own, first, last, email in others.iterator()
        )

    def take_zone(self, name: str) -> None:
        """Store the browser's time zone if it is valid and the person has none: a chosen zone stays."""
        if not self.time_zone and is_known(name):
            Person.objects.filter(pk=self.pk, time_zone="").update(time_zone=name)
            self.refresh_from_db(fields=["time_zone"])

    def __str__(self) -> str:
        return without_hidden(self.display_name or self.get_full_name() or self.email)

    @property
    def hue(self) -> int:
        return hue_of(self.email)

    @property
    def initials(self) -> str:
        return initials_of(str(self))
