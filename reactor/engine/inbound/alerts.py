"""Notifications of Prometheus' Alertmanager, and those of Grafana, which are modelled on them.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config and
https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from reactor.engine.inbound.body import json_body, json_object
from reactor.engine.inbound.fields import Table, delivery_id, facts_of, moment, pick_text
from reactor.engine.inbound.values import Inbound, Refused, Telling, Told

_FACTS: Table = {
    "status": ("status",),
    "receiver": ("receiver",),
    "alertname": ("commonLabels.alertname", "groupLabels.alertname"),
    "severity": ("commonLabels.severity",),
    "folder": ("commonLabels.grafana_folder",),
    "title": ("title",),
}


def tell_alerts(inbound: Inbound, now: datetime) -> Telling:
    """One event for one notification of a group of alerts. Its sender gives it no id, and repeats
    it unchanged as long as the alerts last, so each arrival is an event."""
    document = json_object(json_body(inbound))
    if isinstance(document, Refused):
        return document
    alerts = _alerts(document.data)
    status = pick_text(document.data, "status")
    told = Told(
        id=delivery_id(inbound, now),
        raw=document.raw,
        subject=pick_text(document.data, "groupKey"),
        time=_latest(alerts, "endsAt" if status == "resolved" else "startsAt"),
        facts=facts_of(document.data, _FACTS) | _counts(alerts),
    )
    return (told,)


def _alerts(data: Mapping[str, object]) -> Sequence[Mapping[str, object]]:
    alerts = data.get("alerts")
    return [each for each in alerts if isinstance(each, dict)] if isinstance(alerts, list) else []


def _latest(alerts: Sequence[Mapping[str, object]], field: str) -> datetime | None:
    moments = [moment(alert.get(field)) for alert in alerts]
    return max(filter(None, moments), default=None)


def _counts(alerts: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """How many alerts of the group are `firing`, and how many `resolved`."""
    counts = Counter(pick_text(alert, "status") for alert in alerts)
    return {status: counts[status] for status in ("firing", "resolved")}
