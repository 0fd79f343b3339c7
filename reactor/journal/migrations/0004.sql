-- Retention: an event stays while one of its deliveries does.
begin immediate;

alter table deliveries add column event integer; -- events.number; null if no event is behind it

update deliveries set event = (
    select number from events
    where events.id = deliveries.event_id and events.source = deliveries.source
);

create index deliveries_by_event on deliveries (event);

-- The few inputs that keep a rule set's text.
create index inputs_of_rulesets on inputs (ruleset) where kind = 'ruleset';

pragma user_version = 4;

commit;
