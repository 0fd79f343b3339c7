-- Lookups, calls back, and what sources remember.
begin immediate;

-- Per platform object why its facts are not complete; '{}' where nothing is to be looked up.
alter table events add column unknown text not null default '{}';

-- Accepted, and waiting for a lookup: acknowledged, but no rule has seen them yet.
create table undecided (
    event integer primary key -- events.number
) strict;

create table source_memory (
    source text not null,
    key text not null,
    value text not null,
    primary key (source, key)
) strict, without rowid;

-- The action of the platform that a call back became.
alter table attempts add column action_uri text;

pragma user_version = 2;

commit;
