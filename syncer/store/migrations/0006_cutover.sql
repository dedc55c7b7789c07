-- How far the handing over of a route is: one row for each step that was done, taken back or failed, newest last.
create table cutover (
  id     bigint generated always as identity primary key,
  route  int not null references route,
  step   text not null,
  state  text not null check (state in ('done', 'back', 'failed')),
  by     text not null,
  detail text not null default '',
  at     timestamptz not null default clock_timestamp()
);
create index cutover_route on cutover (route, id);
