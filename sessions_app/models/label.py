"""Labels of an installation, which conversations have them, and who may make new ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Exists, Q
from django.utils.translation import gettext_lazy as _

from sessions_app.infrastructure import clock
from sessions_app.models.fields import MomentField, NameField
from sessions_app.models.folded import FoldedField, FoldedModel
from sessions_app.models.row import Row
from sessions_app.models.session import Session
from sessions_app.text.folding import fold

if TYPE_CHECKING:
    from sessions_app.models.person import Person

LONGEST_LABEL = 40
#: Labels of one installation, and of one conversation: more are no help to people who choose among them.
MOST_LABELS, MOST_OF_SESSION = 500, 20


class Colour(models.TextChoices):
    """The palette of labels. Each colour has a light and a dark form with a contrast of 3 : 1 or more (`labels.css`)."""

    BLUE = "blue", _("Blue")
    TEAL = "teal", _("Teal")
    GREEN = "green", _("Green")
    YELLOW = "yellow", _("Yellow")
    ORANGE = "orange", _("Orange")
    RED = "red", _("Red")
    PINK = "pink", _("Pink")
    VIOLET = "violet", _("Violet")
    GREY = "grey", _("Grey")


class LabelSet(models.QuerySet["Label"]):
    """Queries of labels."""

    def called(self, name: str) -> LabelSet:
        """Return the label of this name; case, accents and composition do not count."""
        return self.filter(search_text=fold(name))

    def meant_by(self, text: str) -> LabelSet:
        """Return the label of this name; where there is none, those whose names contain the text."""
        exact = Label.objects.called(text)
        return self.filter(Q(search_text=fold(text)) | Q(search_text__contains=text) & ~Exists(exact))

    def of(self, session: Session) -> LabelSet:
        """Return the labels of a session, by name."""
        return self.filter(pk__in=session.labels.values("label")).order_by("search_text")

    def by_name(self) -> LabelSet:
        """Order labels as people look for them."""
        return self.order_by("search_text")


class Label(FoldedModel):
    """A label that conversations may have. Its name belongs to one label, in any case and with any accents."""

    name = NameField(max_length=LONGEST_LABEL)
    colour = models.CharField(max_length=8, choices=Colour, default=Colour.BLUE)
    search_text = FoldedField("name")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = MomentField(default=clock.now)

    objects = LabelSet.as_manager()

    class Meta:
        verbose_name = _("label")
        verbose_name_plural = _("labels")
        constraints = [models.UniqueConstraint(fields=["search_text"], name="one_label_a_name")]

    def __str__(self) -> str:
        return self.name


class SessionLabel(Row):
    """A label on a session."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="labels", db_index=False)
    label = models.ForeignKey(Label, on_delete=models.CASCADE, related_name="sessions", db_index=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = MomentField(default=clock.now)

    objects = models.Manager["SessionLabel"]()

    class Meta:
        verbose_name = _("label of a session")
        verbose_name_plural = _("labels of sessions")
        constraints = [models.UniqueConstraint(fields=["session", "label"], name="one_row_a_label_of_a_session")]
        # The other way round: the newest sessions of a label are counted and listed from this index alone.
        indexes = [models.Index(fields=["label", "-session"], name="sessions_of_a_label")]

    def __str__(self) -> str:
        return f"{self.label} · {self.session}"


class LabelPolicy(Row):
    """The one row that says who may make labels; without it everybody may."""

    class Makers(models.TextChoices):
        EVERYBODY = "everybody", _("Everybody who works here")
        ADMINS = "admins", _("Admins alone")

    makers = models.CharField(max_length=9, choices=Makers, default=Makers.EVERYBODY)
    updated_at = MomentField(default=clock.now)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )

    objects = models.Manager["LabelPolicy"]()

    class Meta:
        verbose_name = _("rules of labels")
        verbose_name_plural = _("rules of labels")

    def __str__(self) -> str:
        return str(self.get_makers_display())

    @classmethod
    def in_force(cls) -> LabelPolicy:
        """Return the row, or one that is as if there were none."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    def may_make(self, person: Person) -> bool:
        """Return whether the person may make labels. Admins always may."""
        return person.is_superuser or self.makers == self.Makers.EVERYBODY
