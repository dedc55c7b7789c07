-- Where the first sweep of a route began. A migration that is killed and goes on passes over what was over already; what
-- changed there meanwhile is seen by the first delta, which begins here and not where the last life began.
create table first_sweep (
  route  int primary key references route,
  cursor text not null,
  at     timestamptz not null default clock_timestamp()
);
