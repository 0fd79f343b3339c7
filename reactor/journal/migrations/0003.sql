-- What is kept of the exchange of an attempt: how far it got when, and what was said.
begin immediate;

-- Microseconds since the exchange began; all null where there was none.
alter table attempts add column dns integer;
alter table attempts add column connect integer;
alter table attempts add column tls integer;
alter table attempts add column first_byte integer;
alter table attempts add column total integer;

alter table attempts add column request text;
alter table attempts add column response text;

pragma user_version = 3;

commit;
