-- The first journal. Moments are microseconds since 1970 in UTC, spans are microseconds.
begin immediate;

pragma application_id = 1919247220; -- "rect": tells our file from any other SQLite file

create table events (
    number integer primary key,
    id text not null,
    source text not null,
    subject text not null,
    time integer not null,
    received_at integer not null,
    platform integer not null,
    frame text not null, -- exactly as received
    facts text not null,
    unique (id, source) -- this way round it also finds an event whose source nobody named
) strict;

create table inputs (
    sequence integer primary key,
    kind text not null,
    decided_at integer not null,
    ruleset text not null,
    source text,
    event_id text
) strict;

create table rulesets (
    hash text primary key,
    text text not null,
    first_at integer not null
) strict, without rowid;

create table evaluations (
    number integer primary key,
    event_id text not null,
    source text not null,
    rule text not null,
    action text not null,
    reason text not null,
    at integer not null,
    key text not null,
    delivery_id text
) strict;

create table deliveries (
    number integer primary key,
    id text not null unique,
    event_id text not null,
    source text not null,
    rule text not null,
    action text not null,
    type text not null,
    destination text,
    lane text not null,
    order_key text,
    turn integer not null, -- 0 while an earlier undone delivery has the same order_key
    state text not null check (
        state in ('pending', 'running', 'retrying', 'succeeded', 'dead', 'cancelled')
    ),
    timeout integer not null,
    retry_first integer not null,
    retry_ceiling integer not null,
    retry_give_up_after integer not null,
    created_at integer not null,
    promised_at integer not null,
    due_at integer not null,
    claimed_at integer,
    attempts integer not null,
    reason text
) strict;

-- Apart from its delivery, so that a change of state does not write a whole body again.
create table requests (
    delivery integer primary key,
    content text not null
) strict;

-- Deliveries as they are read: first what a Delivery holds, in this order, then what finds them.
create view full_deliveries as
select
    id, event_id, source, rule, action, type, destination, lane, order_key, state,
    content as request, timeout, retry_first, retry_ceiling, retry_give_up_after,
    created_at, promised_at, due_at, attempts, reason,
    number, turn
from deliveries join requests on requests.delivery = deliveries.number;

-- What may be claimed and nothing else: neither finished deliveries nor a million that wait for
-- their turn slow a claim down.
create index deliveries_to_claim on deliveries (lane, due_at)
where state in ('pending', 'retrying') and turn = 1;

create index deliveries_in_order on deliveries (order_key, number)
where order_key is not null and state in ('pending', 'running', 'retrying');

create index deliveries_by_state on deliveries (state);

-- The first undone delivery of an order_key has the turn. The second one loses it when an earlier
-- one comes back by a redelivery.
create trigger deliveries_turn after update of state on deliveries
when new.order_key is not null
    and (old.state in ('pending', 'running', 'retrying'))
        <> (new.state in ('pending', 'running', 'retrying'))
begin
    update deliveries set turn = 0 where number = (
        select number from deliveries
        where order_key = new.order_key and state in ('pending', 'running', 'retrying')
        order by number limit 1 offset 1
    );
    update deliveries set turn = 1 where number = (
        select number from deliveries
        where order_key = new.order_key and state in ('pending', 'running', 'retrying')
        order by number limit 1
    );
end;

create table attempts (
    delivery integer not null,
    number integer not null,
    started_at integer not null,
    ended_at integer not null,
    verdict text not null,
    status integer,
    detail text not null,
    primary key (delivery, number)
) strict, without rowid;

create table memory (
    rule text not null,
    action text not null,
    gate text not null,
    key text not null,
    mark text not null,
    value text not null,
    expires_at integer not null,
    primary key (rule, action, gate, key)
) strict, without rowid;

create index memory_by_expiry on memory (expires_at);

create table rejections (
    number integer primary key,
    source text not null,
    received_at integer not null,
    reason text not null,
    excerpt text not null,
    size integer not null
) strict;

-- Totals are kept, not counted: asking for them costs the same after a million events.
create table source_totals (
    source text primary key,
    events integer not null,
    duplicates integer not null,
    rejected integer not null
) strict, without rowid;

create table evaluation_totals (
    rule text not null,
    action text not null,
    reason text not null,
    count integer not null,
    primary key (rule, action, reason)
) strict, without rowid;

pragma user_version = 1;

commit;
