"""Schedules for other programs: calendars, the heartbeat of any scheduler, rules for alarms."""
