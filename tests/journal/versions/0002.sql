pragma application_id = 1919247220;
BEGIN TRANSACTION;
CREATE TABLE attempts (
    delivery integer not null,
    number integer not null,
    started_at integer not null,
    ended_at integer not null,
    verdict text not null,
    status integer,
    detail text not null, action_uri text,
    primary key (delivery, number)
) strict, without rowid;
INSERT INTO "attempts" VALUES(1,1,1795331607213109,1795331607213276,'succeeded',NULL,'logged',NULL);
INSERT INTO "attempts" VALUES(2,1,1795331607213109,1795331607213442,'succeeded',NULL,'logged',NULL);
INSERT INTO "attempts" VALUES(3,1,1795331607213109,1795331607214788,'retry',NULL,'no connection: connection refused',NULL);
INSERT INTO "attempts" VALUES(4,1,1795331607213109,1795331607213499,'succeeded',NULL,'logged',NULL);
INSERT INTO "attempts" VALUES(5,1,1795331607213109,1795331607213554,'succeeded',NULL,'logged',NULL);
INSERT INTO "attempts" VALUES(6,1,1795331607213109,1795331607214914,'retry',NULL,'no connection: connection refused',NULL);
INSERT INTO "attempts" VALUES(6,2,1795331607290207,1795331607290861,'retry',NULL,'no connection: connection refused',NULL);
INSERT INTO "attempts" VALUES(7,1,1795331607213109,1795331607213606,'succeeded',NULL,'logged',NULL);
CREATE TABLE deliveries (
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
INSERT INTO "deliveries" VALUES(1,'16d25afd0ec4b4b84e62a67758ddccec','event-1','lines','told','log','log',NULL,'told/log',NULL,1,'succeeded',10000000,1000000,3600000000,86400000000,1795331607198137,1795331607198137,1795331607198137,1795331607210963,1,NULL);
INSERT INTO "deliveries" VALUES(2,'b752f4ac6d6e82bf2692310431c8be37','event-2','lines','told','log','log',NULL,'told/log',NULL,1,'succeeded',10000000,1000000,3600000000,86400000000,1795331607198137,1795331607198137,1795331607198137,1795331607210963,1,NULL);
INSERT INTO "deliveries" VALUES(3,'0f1aff30aa268bcf0548891481400d27','event-2','lines','sent','webhook','webhook','ops','ops','["sent","[\"web\"]","ops"]',1,'retrying',10000000,3600000000,3600000000,86400000000,1795331607198137,1795331607198137,1795333388383370,1795331607210963,1,'no connection: connection refused');
INSERT INTO "deliveries" VALUES(4,'55500fc9f361c511b42e4fe5b32e3027','event-3','lines','told','log','log',NULL,'told/log',NULL,1,'succeeded',10000000,1000000,3600000000,86400000000,1795331607198137,1795331607198137,1795331607198137,1795331607210963,1,NULL);
INSERT INTO "deliveries" VALUES(5,'a1ea5ce82eef74f9d7c98ec20ab870f7','event-4','lines','told','log','log',NULL,'told/log',NULL,1,'succeeded',10000000,1000000,3600000000,86400000000,1795331607198137,1795331607198137,1795331607198137,1795331607210963,1,NULL);
INSERT INTO "deliveries" VALUES(6,'30c3877e937cdacfe927b92931d94cfd','event-4','lines','given up','webhook','webhook','ops','ops',NULL,1,'dead',1000000,100000,3600000000,200000,1795331607198137,1795331607198137,1795331607288513,1795331607288860,2,'given up after 200ms: no connection: connection refused');
INSERT INTO "deliveries" VALUES(7,'fc5e5ff482646b86d90cf48735ed0376','event-5','lines','told','log','log',NULL,'told/log',NULL,1,'succeeded',10000000,1000000,3600000000,86400000000,1795331607198137,1795331607198137,1795331607198137,1795331607210963,1,NULL);
CREATE TABLE evaluation_totals (
    rule text not null,
    action text not null,
    reason text not null,
    count integer not null,
    primary key (rule, action, reason)
) strict, without rowid;
INSERT INTO "evaluation_totals" VALUES('given up','webhook','fired',1);
INSERT INTO "evaluation_totals" VALUES('sent','webhook','fired',1);
INSERT INTO "evaluation_totals" VALUES('sent','webhook','throttled',1);
INSERT INTO "evaluation_totals" VALUES('told','log','fired',5);
CREATE TABLE evaluations (
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
INSERT INTO "evaluations" VALUES(1,'event-1','lines','told','log','fired',1795331607198137,'[]','16d25afd0ec4b4b84e62a67758ddccec');
INSERT INTO "evaluations" VALUES(2,'event-2','lines','told','log','fired',1795331607198137,'[]','b752f4ac6d6e82bf2692310431c8be37');
INSERT INTO "evaluations" VALUES(3,'event-2','lines','sent','webhook','fired',1795331607198137,'["web"]','0f1aff30aa268bcf0548891481400d27');
INSERT INTO "evaluations" VALUES(4,'event-3','lines','told','log','fired',1795331607198137,'[]','55500fc9f361c511b42e4fe5b32e3027');
INSERT INTO "evaluations" VALUES(5,'event-3','lines','sent','webhook','throttled',1795331607198137,'["web"]',NULL);
INSERT INTO "evaluations" VALUES(6,'event-4','lines','told','log','fired',1795331607198137,'[]','a1ea5ce82eef74f9d7c98ec20ab870f7');
INSERT INTO "evaluations" VALUES(7,'event-4','lines','given up','webhook','fired',1795331607198137,'[]','30c3877e937cdacfe927b92931d94cfd');
INSERT INTO "evaluations" VALUES(8,'event-5','lines','told','log','fired',1795331607198137,'[]','fc5e5ff482646b86d90cf48735ed0376');
CREATE TABLE events (
    number integer primary key,
    id text not null,
    source text not null,
    subject text not null,
    time integer not null,
    received_at integer not null,
    platform integer not null,
    frame text not null, -- exactly as received
    facts text not null, unknown text not null default '{}',
    unique (id, source) -- this way round it also finds an event whose source nobody named
) strict;
INSERT INTO "events" VALUES(1,'event-1','lines','lines',1795331607198137,1795331607198137,0,'{"uuid": "event-1", "type": "container", "action": "update", "state": "Running", "group_name": "web"}','{}','{}');
INSERT INTO "events" VALUES(2,'event-2','lines','lines',1795331607198137,1795331607198137,0,'{"uuid": "event-2", "type": "container", "action": "update", "state": "Stopped", "group_name": "web"}','{}','{}');
INSERT INTO "events" VALUES(3,'event-3','lines','lines',1795331607198137,1795331607198137,0,'{"uuid": "event-3", "type": "container", "action": "update", "state": "Stopped", "group_name": "web"}','{}','{}');
INSERT INTO "events" VALUES(4,'event-4','lines','lines',1795331607198137,1795331607198137,0,'{"uuid": "event-4", "type": "container", "action": "update", "state": "Terminated", "group_name": "web"}','{}','{}');
INSERT INTO "events" VALUES(5,'event-5','lines','lines',1795331607198137,1795331607198137,0,'{"uuid": "event-5", "type": "container", "action": "update", "state": "Running", "group_name": "web"}','{}','{}');
CREATE TABLE inputs (
    sequence integer primary key,
    kind text not null,
    decided_at integer not null,
    ruleset text not null,
    source text,
    event_id text
) strict;
INSERT INTO "inputs" VALUES(1,'ruleset',1795331607189947,'cb7f141085a73f81',NULL,NULL);
INSERT INTO "inputs" VALUES(2,'event',1795331607198137,'cb7f141085a73f81','lines','event-1');
INSERT INTO "inputs" VALUES(3,'event',1795331607198137,'cb7f141085a73f81','lines','event-2');
INSERT INTO "inputs" VALUES(4,'event',1795331607198137,'cb7f141085a73f81','lines','event-3');
INSERT INTO "inputs" VALUES(5,'event',1795331607198137,'cb7f141085a73f81','lines','event-4');
INSERT INTO "inputs" VALUES(6,'event',1795331607198137,'cb7f141085a73f81','lines','event-5');
CREATE TABLE memory (
    rule text not null,
    action text not null,
    gate text not null,
    key text not null,
    mark text not null,
    value text not null,
    expires_at integer not null,
    primary key (rule, action, gate, key)
) strict, without rowid;
INSERT INTO "memory" VALUES('sent','','clock','["web"]','','{"latest":1795331607198137}',1795332807198137);
INSERT INTO "memory" VALUES('sent','','throttle','["web"]','9fc743d62d406082','{"times":[1795331607198137]}',1795335807198137);
INSERT INTO "memory" VALUES('sent','webhook','suppressed','["web"]','9fc743d62d406082885b39a5e588a4e8','{"count":1}',1795936407198137);
CREATE TABLE rejections (
    number integer primary key,
    source text not null,
    received_at integer not null,
    reason text not null,
    excerpt text not null,
    size integer not null
) strict;
INSERT INTO "rejections" VALUES(1,'lines',1795331607198137,'not_json','no json',7);
CREATE TABLE requests (
    delivery integer primary key,
    content text not null
) strict;
INSERT INTO "requests" VALUES(1,'{"method":"info","shown_url":null,"url":null,"headers":{},"body":["event-1 is Running"]}');
INSERT INTO "requests" VALUES(2,'{"method":"info","shown_url":null,"url":null,"headers":{},"body":["event-2 is Stopped"]}');
INSERT INTO "requests" VALUES(3,'{"method":"POST","shown_url":"http://127.0.0.1:9/…","url":null,"headers":{"content-type":["application/json"]},"body":["{\"id\":\"0f1aff30aa268bcf0548891481400d27\",\"type\":\"reactor.firing\",\"timestamp\":\"2026-11-22T07:13:27.198137Z\",\"rule\":\"sent\",\"action\":\"webhook\",\"firing_id\":\"b8164211bee65619e4785848f9f1cbf0\",\"group\":\"web\",\"count\":1,\"suppressed\":0,\"event\":{\"id\":\"event-2\",\"source\":\"lines\",\"subject\":\"lines\",\"time\":\"2026-11-22T07:13:27.198137Z\",\"received_at\":\"2026-11-22T07:13:27.198137Z\",\"data\":{\"uuid\":\"event-2\",\"type\":\"container\",\"action\":\"update\",\"state\":\"Stopped\",\"group_name\":\"web\"},\"facts\":{}}}"]}');
INSERT INTO "requests" VALUES(4,'{"method":"info","shown_url":null,"url":null,"headers":{},"body":["event-3 is Stopped"]}');
INSERT INTO "requests" VALUES(5,'{"method":"info","shown_url":null,"url":null,"headers":{},"body":["event-4 is Terminated"]}');
INSERT INTO "requests" VALUES(6,'{"method":"POST","shown_url":"http://127.0.0.1:9/…","url":null,"headers":{"content-type":["application/json"]},"body":["{\"id\":\"30c3877e937cdacfe927b92931d94cfd\",\"type\":\"reactor.firing\",\"timestamp\":\"2026-11-22T07:13:27.198137Z\",\"rule\":\"given up\",\"action\":\"webhook\",\"firing_id\":\"aebb389ebbb160f3089c1ab726254341\",\"group\":null,\"count\":1,\"suppressed\":0,\"event\":{\"id\":\"event-4\",\"source\":\"lines\",\"subject\":\"lines\",\"time\":\"2026-11-22T07:13:27.198137Z\",\"received_at\":\"2026-11-22T07:13:27.198137Z\",\"data\":{\"uuid\":\"event-4\",\"type\":\"container\",\"action\":\"update\",\"state\":\"Terminated\",\"group_name\":\"web\"},\"facts\":{}}}"]}');
INSERT INTO "requests" VALUES(7,'{"method":"info","shown_url":null,"url":null,"headers":{},"body":["event-5 is Running"]}');
CREATE TABLE rulesets (
    hash text primary key,
    text text not null,
    first_at integer not null
) strict, without rowid;
INSERT INTO "rulesets" VALUES('cb7f141085a73f81','version: 1
sources:
  lines:
    type: file
    path: events.jsonl
destinations:
  ops:
    type: webhook
    url: http://127.0.0.1:9/hook
rules:
- name: told
  match:
    type: container
  actions:
  - log: info
    text: ''{{ uuid }} is {{ state }}''
- name: sent
  match:
    state: Stopped
  group_by: group_name
  throttle:
    count: 1
    per: 1h
  actions:
  - webhook: ops
    retry:
      first: 1h
- name: given up
  match:
    state: Terminated
  actions:
  - webhook: ops
    timeout: 1s
    retry:
      first: 100ms
      give_up_after: 200ms
',1795331607189947);
CREATE TABLE source_memory (
    source text not null,
    key text not null,
    value text not null,
    primary key (source, key)
) strict, without rowid;
CREATE TABLE source_totals (
    source text primary key,
    events integer not null,
    duplicates integer not null,
    rejected integer not null
) strict, without rowid;
INSERT INTO "source_totals" VALUES('lines',5,0,1);
CREATE TABLE undecided (
    event integer primary key -- events.number
) strict;
CREATE VIEW full_deliveries as
select
    id, event_id, source, rule, action, type, destination, lane, order_key, state,
    content as request, timeout, retry_first, retry_ceiling, retry_give_up_after,
    created_at, promised_at, due_at, attempts, reason,
    number, turn
from deliveries join requests on requests.delivery = deliveries.number;
CREATE INDEX deliveries_to_claim on deliveries (lane, due_at)
where state in ('pending', 'retrying') and turn = 1;
CREATE INDEX deliveries_in_order on deliveries (order_key, number)
where order_key is not null and state in ('pending', 'running', 'retrying');
CREATE INDEX deliveries_by_state on deliveries (state);
CREATE TRIGGER deliveries_turn after update of state on deliveries
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
CREATE INDEX memory_by_expiry on memory (expires_at);
INSERT INTO "source_memory" VALUES('lines','offset','7');
COMMIT;
pragma user_version = 2;
