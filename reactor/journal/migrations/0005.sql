-- What is known of destinations at the next start: that they are paused, and what their rates let
-- start.
begin immediate;

create table pauses (
    lane text primary key,
    since integer not null,
    why text not null,
    failures integer not null,
    probes integer not null,
    probe_at integer not null
) strict, without rowid;

create table rate_windows (
    lane text primary key,
    starts text not null -- [[moment, how many], …], oldest first
) strict, without rowid;

-- What failed and waits: due at once, in order, when its destination takes deliveries again. It
-- costs nothing for what succeeds at the first attempt.
create index deliveries_retrying on deliveries (lane, number)
where state = 'retrying' and turn = 1;

pragma user_version = 5;

commit;
