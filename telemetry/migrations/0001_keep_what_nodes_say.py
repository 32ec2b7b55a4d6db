import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


CREATE_SAMPLES = """
CREATE TABLE telemetry_sample (
    series_id integer NOT NULL,
    at timestamp with time zone NOT NULL,
    value double precision NOT NULL
) PARTITION BY RANGE (at);
CREATE INDEX samples_of_a_series ON telemetry_sample (series_id, at);
CREATE TABLE telemetry_sample_default PARTITION OF telemetry_sample DEFAULT;
"""
# The first days; the clock makes the later ones.
FIRST_DAYS = """
DO $$
DECLARE
    day timestamp := date_trunc('day', now() AT TIME ZONE 'UTC');
BEGIN
    FOR ahead IN 0..3 LOOP
        EXECUTE format(
            'CREATE TABLE telemetry_sample_%s PARTITION OF telemetry_sample FOR VALUES FROM (%L) TO (%L)',
            to_char(day, 'YYYYMMDD'), day AT TIME ZONE 'UTC', (day + interval '1 day') AT TIME ZONE 'UTC'
        );
        day := day + interval '1 day';
    END LOOP;
END $$;
"""
# Every row changes about once a second: with room on its page, no index has to follow.
LEAVE_ROOM = "ALTER TABLE telemetry_lastvalue SET (fillfactor = 60)"


class CreateSamples(migrations.CreateModel):
    """A table of days on PostgreSQL, an ordinary one elsewhere."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "postgresql":
            return super().database_forwards(app_label, schema_editor, from_state, to_state)
        schema_editor.execute(CREATE_SAMPLES, params=None)
        schema_editor.execute(FIRST_DAYS, params=None)


def leave_room(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(LEAVE_ROOM)


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('devices', '0001_know_the_nodes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Series',
            fields=[
                ('id', models.AutoField(primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=64)),
                ('node', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='series', to='devices.node')),
            ],
            options={
                'verbose_name_plural': 'series',
            },
        ),
        CreateSamples(
            name='Sample',
            fields=[
                ('pk', models.CompositePrimaryKey('series_id', 'at', blank=True, editable=False, primary_key=True, serialize=False)),
                ('series_id', models.IntegerField()),
                ('at', models.DateTimeField()),
                ('value', models.FloatField()),
            ],
        ),
        migrations.CreateModel(
            name='LastValue',
            fields=[
                ('series', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='last', serialize=False, to='telemetry.series')),
                ('at', models.DateTimeField()),
                ('value', models.FloatField()),
            ],
        ),
        migrations.CreateModel(
            name='LogLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('level', models.CharField(choices=[('debug', 'Debug'), ('info', 'Info'), ('warning', 'Warning'), ('error', 'Error'), ('critical', 'Critical')], default='info', max_length=8)),
                ('source', models.CharField(blank=True, max_length=128)),
                ('message', models.TextField()),
                ('node', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='log_lines', to='devices.node')),
            ],
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('severity', models.CharField(choices=[('info', 'Info'), ('minor', 'Minor'), ('warning', 'Warning'), ('major', 'Major'), ('critical', 'Critical')], default='info', max_length=8)),
                ('category', models.CharField(default='unknown', max_length=256)),
                ('message', models.TextField(blank=True)),
                ('details', models.JSONField(null=True)),
                ('flow_id', models.CharField(max_length=256, null=True)),
                ('action', models.CharField(blank=True, max_length=100)),
                ('created_at', models.DateTimeField()),
                ('acknowledged', models.BooleanField(default=False)),
                ('acknowledged_at', models.DateTimeField(null=True)),
                ('group_key', models.CharField(blank=True, max_length=200)),
                ('times', models.PositiveIntegerField(default=1)),
                ('last_at', models.DateTimeField()),
                ('acknowledged_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('node', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='events', to='devices.node')),
            ],
            options={
                'indexes': [models.Index(fields=['-created_at', '-id'], name='events_newest_first'), models.Index(fields=['node', '-created_at', '-id'], name='events_of_a_node'), models.Index(fields=['category', '-created_at', '-id'], name='events_of_a_category'), models.Index(fields=['severity', '-created_at', '-id'], name='events_of_a_severity'), models.Index(condition=models.Q(('flow_id__isnull', False)), fields=['flow_id', '-created_at', '-id'], name='events_of_a_flow'), models.Index(condition=models.Q(('acknowledged', False), ('severity__in', ('minor', 'warning', 'major', 'critical'))), fields=['-created_at', '-id'], name='open_alarms_newest_first'), models.Index(condition=models.Q(('group_key__gt', '')), fields=['node', '-last_at'], name='event_groups_of_a_node'), models.Index(condition=models.Q(('acknowledged_by__isnull', False)), fields=['acknowledged_by'], name='events_by_acknowledger')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('group_key__gt', '')), fields=('group_key',), name='a_group_of_events_is_one_row')],
            },
        ),
        migrations.AddConstraint(
            model_name='series',
            constraint=models.UniqueConstraint(fields=('node', 'name'), name='a_series_of_a_node_is_named_once'),
        ),
        migrations.AddIndex(
            model_name='logline',
            index=models.Index(fields=['node', '-id'], name='log_lines_of_a_node'),
        ),
        migrations.RunPython(leave_room, migrations.RunPython.noop),
    ]
