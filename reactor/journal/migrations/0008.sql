-- Time: timers in memory, what waits and what becomes of it, incidents, silences.
begin immediate;

alter table memory add column due_at integer; -- null where nothing is due by itself

alter table evaluations add column gates text; -- JSON; null where it came to none
alter table evaluations add column settled_at integer; -- null for what never waited, or still does
-- events.number; null if no event is behind it. New rows go to the end of the index, which costs a
-- fifth of what ids do, that are spread all over one.
alter table evaluations add column event integer;

update evaluations set event = (
    select number from events
    where events.id = evaluations.event_id and events.source = evaluations.source
);

create index evaluations_by_event on evaluations (event);

create index evaluations_waiting on evaluations (event_id) where reason = 'waiting';

-- Of firings without an event; all others are in evaluation_totals.
create table timer_totals (
    rule text not null,
    action text not null,
    reason text not null,
    count integer not null,
    primary key (rule, action, reason)
) strict, without rowid;

alter table inputs add column detail text; -- JSON; null for events and rule sets

create table incidents (
    number integer primary key,
    id text not null unique,
    rule text not null,
    key text not null,
    opened_at integer not null,
    last_at integer not null, -- of its last firing
    resolved_at integer,
    count integer not null
) strict;

create index incidents_open on incidents (resolved_at) where resolved_at is null;

create table incident_events (
    number integer primary key,
    incident text not null, -- incidents.id
    source text not null,
    event_id text not null,
    phase text not null,
    at integer not null
) strict;

create index incident_events_by_incident on incident_events (incident);

create index incident_events_by_event on incident_events (event_id);

-- Incidents as they are read: with the sources and ids of their events, oldest first.
create view full_incidents as
select
    number, id, rule, key, opened_at, last_at, resolved_at, count,
    (
        select json_group_array(json_array(source, event_id))
        from (
            select source, event_id from incident_events
            where incident = incidents.id order by number
        )
    ) as events
from incidents;

create table silences (
    number integer primary key,
    id text not null unique,
    condition text not null, -- as it was given
    author text not null,
    comment text not null,
    created_at integer not null,
    expires_at integer not null,
    ended_at integer -- null where nobody brought the end forward
) strict;

pragma user_version = 8;

commit;
