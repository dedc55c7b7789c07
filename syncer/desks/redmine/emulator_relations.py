"""Which issues have to do with which, and who watches them. None of it counts as a change of the issue."""

from __future__ import annotations

from aiohttp import web

from syncer.desks.redmine import emulator_shapes as shapes
from syncer.desks.redmine.emulator_answers import Broken, Invalid, Refused, done, json_answer
from syncer.desks.redmine.emulator_issues import issue_of, refused_to
from syncer.desks.redmine.emulator_journals import write
from syncer.desks.redmine.emulator_params import Call, blank, to_number
from syncer.desks.redmine.emulator_records import ACTIVE, Detail, Issue, Journal, Relation
from syncer.desks.redmine.emulator_tables import Tables

OTHER_SIDE = {
    "relates": "relates",
    "duplicates": "duplicated",
    "duplicated": "duplicates",
    "blocks": "blocked",
    "blocked": "blocks",
    "precedes": "follows",
    "follows": "precedes",
    "copied_to": "copied_from",
    "copied_from": "copied_to",
}
_STORED = frozenset({"relates", "duplicates", "blocks", "precedes", "copied_to"})


async def index(tables: Tables, call: Call) -> web.Response:
    """GET issues/{id}/relations.json."""
    issue = issue_of(tables, call)
    return json_answer({"relations": [shapes.relation(one) for one in tables.relations_of(issue)]})


async def create(tables: Tables, call: Call) -> web.Response:
    """POST issues/{id}/relations.json. A type that is another one's mirror is turned round, the others' ids are put in
    order where the type says nothing of direction."""
    issue = issue_of(tables, call)
    if not tables.may(call.by, "manage_issue_relations", issue.project_id):
        raise refused_to(call)
    asked = call.body.get("relation")
    if not isinstance(asked, dict):
        raise Broken(500)
    kind = str(asked.get("relation_type") or "relates")
    other = tables.issues.get(to_number(str(asked.get("issue_to_id") or "").strip().lstrip("#")))
    if other is not None and not tables.sees(call.by, other):
        other = None
    if other is None or kind not in OTHER_SIDE:
        blank_other = [] if other else ["Related issue cannot be blank"]
        unknown = [] if kind in OTHER_SIDE else ["Relation type is not included in the list"]
        raise Invalid(*blank_other, *unknown)
    _check(tables, issue, other)
    first, second = issue, other
    turned = kind not in _STORED or (kind == "relates" and issue.id > other.id)
    if turned:
        first, second, kind = other, issue, OTHER_SIDE[kind]
    delay = to_number(asked["delay"]) if kind == "precedes" and not blank(asked.get("delay")) else None
    row = Relation(
        id=tables.take("relation"), issue_id=first.id, issue_to_id=second.id, relation_type=kind, delay=delay
    )
    tables.relations[row.id] = row
    _tell(tables, call, row, there=True)
    return json_answer({"relation": shapes.relation(row)}, 201, f"{call.here}/relations/{row.id}")


def _check(tables: Tables, issue: Issue, other: Issue) -> None:
    if issue.id == other.id:
        raise Invalid("Related issue is invalid")
    if issue.project_id != other.project_id and not tables.switches.cross_project_relations:
        raise Invalid("Related issue doesn't belong to the same project")
    if issue.id in (other.parent_id, *_above(tables, other)) or other.id in (issue.parent_id, *_above(tables, issue)):
        raise Invalid("An issue cannot be linked to one of its subtasks")
    for row in tables.relations_of(issue):
        if (row.issue_id, row.issue_to_id) == (issue.id, other.id):
            raise Invalid("Related issue has already been taken")
        if (row.issue_id, row.issue_to_id) == (other.id, issue.id):
            raise Invalid("This relation would create a circular dependency")


def _above(tables: Tables, issue: Issue) -> list[int]:
    found = []
    while issue.parent_id is not None:
        found.append(issue.parent_id)
        issue = tables.issues[issue.parent_id]
    return found


def _tell(tables: Tables, call: Call, row: Relation, *, there: bool) -> None:
    for id, other, name in (
        (row.issue_id, row.issue_to_id, row.relation_type),
        (row.issue_to_id, row.issue_id, OTHER_SIDE[row.relation_type]),
    ):
        value = {"new": str(other)} if there else {"old": str(other)}
        detail = Detail(property="relation", name=name, **value)
        said = Journal(id=0, user_id=call.by.id, notes="", created=tables.now(), details=[detail])
        write(tables, tables.issues[id], call.by, said)


def _relation(tables: Tables, call: Call) -> Relation:
    row = tables.relations.get(to_number(call.ids[0]))
    if row is None:
        raise Refused(404)
    if not all(tables.sees(call.by, tables.issues[id]) for id in (row.issue_id, row.issue_to_id)):
        raise refused_to(call)
    return row


async def show(tables: Tables, call: Call) -> web.Response:
    """GET relations/{id}.json."""
    return json_answer({"relation": shapes.relation(_relation(tables, call))})


async def delete(tables: Tables, call: Call) -> web.Response:
    """DELETE relations/{id}.json."""
    row = _relation(tables, call)
    if not tables.may(call.by, "manage_issue_relations", tables.issues[row.issue_id].project_id):
        raise refused_to(call)
    del tables.relations[row.id]
    _tell(tables, call, row, there=False)
    return done()


async def watch(tables: Tables, call: Call) -> web.Response:
    """POST issues/{id}/watchers.json. Who is not there is left out without a word."""
    issue = issue_of(tables, call)
    if not tables.may(call.by, "add_issue_watchers", issue.project_id):
        raise refused_to(call)
    asked = call.section("watcher")
    wanted = (asked.get("user_ids") or asked.get("user_id")) if asked else call.body.get("user_id")
    for one in wanted if isinstance(wanted, list) else [wanted]:
        user = tables.users.get(to_number(one))
        if user is not None and user.status == ACTIVE and user.id not in issue.watchers:
            issue.watchers.append(user.id)
    return done()


async def unwatch(tables: Tables, call: Call) -> web.Response:
    """DELETE issues/{id}/watchers/{user}.json."""
    issue = issue_of(tables, call)
    if not tables.may(call.by, "delete_issue_watchers", issue.project_id):
        raise refused_to(call)
    user = to_number(call.ids[1])
    if user not in tables.users:
        raise Refused(404)
    if user in issue.watchers:
        issue.watchers.remove(user)
    return done()
