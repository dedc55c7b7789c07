-- What a custom field holds: text, a number, choices ...
alter table lookup_value add column form text;
-- Tickets of the source that have to do with each other, told with the announcement of the first of them. They are
-- linked on the target when both are there; what became of that is the effect of step 'link KIND OTHER'.
create table relation (
  route     int not null references route,
  source_id text not null,
  other_id  text not null,
  kind      text not null,
  primary key (source_id, route, other_id, kind)
);
create index relation_route on relation (route);
