-- Quarantine: events that no rule could decide, and why.
begin immediate;

create table quarantined (
    event integer primary key, -- events.number
    at integer not null,
    rule text, -- null where it is not known
    why text not null,
    trace text not null
) strict;

-- Kept as long as its event.
create trigger events_out_of_quarantine after delete on events
begin
    delete from quarantined where event = old.number;
end;

pragma user_version = 6;

commit;
