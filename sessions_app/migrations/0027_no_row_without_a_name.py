"""Every conversation has a name: those that had none get what stands in for one."""

from django.db import migrations
from django.db.models import Q

from sessions_app.text.first_words import first_words
from sessions_app.text.folding import fold

BATCH = 500


def name_all(apps, schema_editor):
    """Give sessions without a name their first words, else their ticket's id, else their customer's name."""
    Session = apps.get_model("sessions_app", "Session")
    nameless = Session.objects.filter(name="").exclude(status="erased").order_by("pk")
    last = 0
    while batch := list(nameless.filter(pk__gt=last)[:BATCH]):
        for session in batch:
            session.name, session.name_source = stand_in(apps, session)
            session.search_text = "\n".join([fold(session.name), *session.search_text.split("\n")[1:]])
        Session.objects.bulk_update(batch, ["name", "name_source", "search_text"])
        last = batch[-1].pk


def stand_in(apps, session):
    Message, TicketLink = apps.get_model("sessions_app", "Message"), apps.get_model("sessions_app", "TicketLink")
    own = Q(run=None) | Q(run__parent=None)
    said = Message.objects.filter(own, session=session, author_kind="customer", internal=False).exclude(content="")
    for text in said.order_by("pk").values_list("content", flat=True)[:3]:
        if words := first_words(text):
            return words, "provisional"
    ticket = TicketLink.objects.filter(session=session).order_by("pk").values_list("ticket_id", flat=True).first()
    if ticket:
        return ticket, "ticket"
    customer = session.customer_name or session.customer_email or session.user_id or "Customer"
    return f"Conversation with {customer}"[:200], "provisional"


class Migration(migrations.Migration):

    dependencies = [
        ('sessions_app', '0026_webhooks_in'),
    ]

    operations = [
        migrations.RunPython(name_all, migrations.RunPython.noop),
    ]
