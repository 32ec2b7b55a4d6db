import django.db.models.expressions
import django.db.models.functions.datetime
import rdos.kernel.encryption
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='JournalCursor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, unique=True)),
                ('position', models.BigIntegerField(default=0)),
                ('moved_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name='JournalEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.BigIntegerField(editable=False, null=True)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('action', models.CharField(max_length=100)),
                ('actor_kind', models.CharField(max_length=20)),
                ('actor_id', models.CharField(blank=True, max_length=128)),
                ('actor_label', models.CharField(blank=True, max_length=200)),
                ('actor_address', models.CharField(blank=True, max_length=64)),
                ('request_id', models.CharField(blank=True, max_length=128)),
                ('object_kind', models.CharField(max_length=50)),
                ('object_id', models.CharField(blank=True, max_length=128)),
                ('object_label', models.CharField(blank=True, max_length=200)),
                ('summary', models.CharField(blank=True, max_length=500)),
                ('before', models.JSONField(blank=True, null=True)),
                ('after', models.JSONField(blank=True, null=True)),
                ('details', models.JSONField(blank=True, null=True)),
            ],
            options={
                'verbose_name_plural': 'journal entries',
                'indexes': [models.Index(condition=models.Q(('position', None)), fields=['id'], name='journal_unsealed'), models.Index(fields=['object_kind', 'object_id', '-id'], name='journal_by_object'), models.Index(fields=['actor_id', '-id'], name='journal_by_actor'), models.Index(fields=['action', '-id'], name='journal_by_action'), models.Index(fields=['-at'], name='journal_by_time')],
                'constraints': [models.UniqueConstraint(fields=('position',), name='a_journal_position_is_given_once')],
            },
        ),
        migrations.CreateModel(
            name='JournalSeal',
            fields=[
                ('number', models.BigIntegerField(primary_key=True, serialize=False)),
                ('first_position', models.BigIntegerField()),
                ('last_position', models.BigIntegerField()),
                ('count', models.PositiveIntegerField()),
                ('previous_hash', models.CharField(blank=True, max_length=64)),
                ('hash', models.CharField(max_length=64)),
                ('signature', models.CharField(max_length=80)),
                ('sealed_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('first_position',), name='a_position_opens_one_seal'), models.CheckConstraint(condition=models.Q(('last_position', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('first_position'), '+', models.F('count')), '-', models.Value(1)))), name='a_seal_counts_its_entries')],
            },
        ),
        migrations.CreateModel(
            name='KeyCheck',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('value', rdos.kernel.encryption.EncryptedField(blank=True, default='', editable=False)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='there_is_only_one_key_check')],
            },
        ),
    ]
