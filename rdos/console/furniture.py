"""Puts the console together once every app is loaded: its pages, and what fills the front page."""

from collections.abc import Callable, Iterable
from datetime import datetime

from django.contrib.admin import AdminSite
from django.contrib.auth.models import Group
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule

from accounts.admin import attention
from devices.admin import attention as fleet
from flows.admin import attention as work
from flows.admin import deployed, node_panel
from rdos.console.backups import backups
from rdos.console.journal import JournalPage
from rdos.console.sealed import newest_seal
from rdos.console.ticks import TickPage
from rdos.kernel import panels
from rdos.kernel.actors import Actor
from rdos.kernel.models import JournalEntry
from scheduling.admin import attention as schedules
from scheduling.admin import flow_panel
from telemetry.admin import node_panels
from telemetry.admin.attention import alarms

# Roles are our rulebook's, and ticks are fixed: a form for these would promise what nothing keeps.
UNWANTED = (Group, ClockedSchedule, CrontabSchedule, IntervalSchedule, SolarSchedule, PeriodicTask)


def furnish(site: AdminSite, lights: Callable[[Actor, datetime], Iterable[panels.Light]]) -> None:
    for model in UNWANTED:
        if site.is_registered(model):
            site.unregister(model)
    site.register(JournalEntry, JournalPage)
    site.register(PeriodicTask, TickPage)
    panels.add(panels.LIGHTS, lights)
    panels.add(panels.FIGURES, fleet.fleet)
    panels.add(panels.FIGURES, work.queue)
    for filler in (
        newest_seal,
        schedules.late,
        alarms,
        fleet.nodes,
        fleet.tunnels,
        fleet.commands,
        work.flows,
        work.runs,
        work.robots,
        work.rollouts,
        schedules.paused,
        fleet.drift,
        backups,
        attention.people,
        attention.failed_sign_ins,
        attention.tokens,
    ):
        panels.add(panels.ATTENTION, filler)
    for panel in (node_panel.runs, deployed.of_node, node_panels.figures, node_panels.events):
        panels.add(panels.NODE_PANELS, panel)
    panels.add(panels.FLOW_PANELS, flow_panel.of_flow)
    panels.add(panels.FLOW_PANELS, deployed.of_flow)
