"""The heartbeat for other schedulers. None of them can say "2nd tuesday of the quarter, not in a
freeze", and none needs to: each only calls `dr due --run` often enough, which does the rest.
"""  # noqa: D205 - one sentence

import json
from typing import Final

MINUTES: Final = 15
TIMEOUT_S: Final = 6 * 3600
"""The longest a heartbeat may take: it waits for the drills it began."""

CRONTAB: Final = """\
# Heartbeat of the drill schedules: begins each occurrence once, inside its window only.
# A machine that sleeps misses nothing but the windows it sleeps through.
*/{minutes} * * * * {command}
"""

SERVICE: Final = """\
# dr-due.service
[Unit]
Description=Heartbeat of the drill schedules
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart={command}
# A stop puts everything back first.
KillMode=mixed
TimeoutStopSec=1h
TimeoutStartSec={timeout}
"""

TIMER: Final = """\
# dr-due.timer
[Unit]
Description=Heartbeat of the drill schedules

[Timer]
OnCalendar=*:0/{minutes}
Persistent=true
RandomizedDelaySec=60

[Install]
WantedBy=timers.target
"""

CRON_JOB: Final = """\
# Without startingDeadlineSeconds a CronJob that missed 100 beats would never beat again.
apiVersion: batch/v1
kind: CronJob
metadata:
  name: dr-due
spec:
  schedule: "*/{minutes} * * * *"
  timeZone: Etc/UTC
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 600
  successfulJobsHistoryLimit: 3
  failedJobsHistoryLimit: 10
  jobTemplate:
    spec:
      backoffLimit: 0
      activeDeadlineSeconds: {timeout}
      template:
        spec:
          restartPolicy: Never
          serviceAccountName: dr
          terminationGracePeriodSeconds: 3600
          securityContext: {{runAsNonRoot: true, runAsUser: 10001, fsGroup: 10001}}
          containers:
            - name: dr
              image: {image}
              command: {argv}
              env:
                - {{name: DR_HOME, value: /var/lib/dr}}
              volumeMounts:
                - {{name: home, mountPath: /var/lib/dr}}
          volumes:
            - name: home
              persistentVolumeClaim: {{claimName: dr-home}}
"""

WORKFLOW: Final = """\
# GitHub begins scheduled workflows late, drops some under load, and disables them after 60 days
# without activity in a public repository: have `prometheus` rules watch for overdue drills, too.
# The home must outlast a job: use a runner of your own.
name: dr-due
on:
  schedule:
    - cron: "7,22,37,52 * * * *"
  workflow_dispatch: {{}}
permissions:
  contents: read
concurrency:
  group: dr-due
  cancel-in-progress: false
jobs:
  due:
    runs-on: [self-hosted, dr]
    timeout-minutes: {timeout_minutes}
    steps:
      - uses: actions/checkout@v5
      - run: {command}
        env:
          DR_HOME: /var/lib/dr
"""


def crontab(argv: list[str], image: str) -> str:
    """Return a line for crontab."""
    # In a crontab, % ends the command.
    return CRONTAB.format(minutes=MINUTES, command=_shell(argv).replace("%", "\\%"))


def systemd(argv: list[str], image: str) -> str:
    """Return a service and its timer, one file after the other."""
    command = " ".join(json.dumps(word.replace("%", "%%").replace("$", "$$")) for word in argv)
    service = SERVICE.format(command=command, timeout=TIMEOUT_S)
    return service + "\n" + TIMER.format(minutes=MINUTES)


def kubernetes(argv: list[str], image: str) -> str:
    """Return a CronJob. Its claim `dr-home` and service account `dr` are yours to make."""
    return CRON_JOB.format(
        minutes=MINUTES, timeout=TIMEOUT_S, image=json.dumps(image), argv=json.dumps(argv)
    )


def github(argv: list[str], image: str) -> str:
    """Return a workflow of GitHub Actions."""
    return WORKFLOW.format(timeout_minutes=TIMEOUT_S // 60, command=json.dumps(_shell(argv)))


def _shell(argv: list[str]) -> str:
    import shlex

    return shlex.join(argv)
