"""Ways to tell people: kind → where its class is. A table, as for actions; nothing is loaded."""

NOTIFIERS: dict[str, str] = {
    "command": "dr.notify.command:Command",
    "log": "dr.notify.log:Log",
    "slack": "dr.notify.slack:Slack",
    "smtp": "dr.notify.smtp:Smtp",
    "webhook": "dr.notify.webhook:Webhook",
}
