import django.db.models.functions.text
import django.utils.timezone
import sessions_app.models.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sessions_app', '0041_few'),
    ]

    operations = [
        migrations.CreateModel(
            name='CustomerAttributes',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user_id', models.CharField(max_length=200, unique=True)),
                ('attributes', sessions_app.models.fields.OrderedJSONField(default=dict)),
                ('told_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'verbose_name': 'customer’s attributes',
                'verbose_name_plural': 'customers’ attributes',
            },
        ),
        migrations.AddField(
            model_name='person',
            name='list_columns',
            field=models.CharField(blank=True, help_text='Names of its columns, separated by spaces. Empty: the usual ones.', max_length=200),
        ),
        migrations.AddField(
            model_name='person',
            name='wide_list',
            field=models.BooleanField(default=False, help_text='The list is a table where no conversation is open.'),
        ),
        migrations.AddField(
            model_name='sessionread',
            name='read_at',
            field=models.DateTimeField(blank=True, help_text='When the person opened it last.', null=True),
        ),
        migrations.AddIndex(
            model_name='session',
            index=models.Index(django.db.models.functions.text.Lower('customer_email'), models.OrderBy(models.F('updated_at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='session_by_mail'),
        ),
        migrations.AddIndex(
            model_name='sessionread',
            index=models.Index(condition=models.Q(('read_at__isnull', False)), fields=['person', '-read_at'], name='lately_read_by'),
        ),
    ]
