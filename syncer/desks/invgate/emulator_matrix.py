"""Which endpoints there are, and by which methods."""

from __future__ import annotations

_MATRIX = """
sd.version: GET
incident: GET POST PUT
incidents incidents.by.status incidents.by.view incidents.details.by.view incidents.by.helpdesk: GET
incidents.by.agent incidents.by.customer incidents.by.cis incidents.last.hour: GET
incidents.by.sentiment* incidents.by.asset*: GET
incident.attachment incident.linked_cis.counters.from incident.tasks*: GET
incident.comment incident.observer incident.collaborator incident.link: GET POST
incident.external_entity incident.custom_approval: GET POST
incident.custom_field: POST PATCH DELETE
incident.reassign incident.reject incident.cancel* incident.promote.to.major.incident*: POST
incident.spontaneous_approval incident.relate.ci.by.keyword: POST
incident.waitingfor.agent incident.waitingfor.customer incident.waitingfor.date: POST
incident.waitingfor.external_entity incident.waitingfor.incident: POST
incident.reopen incident.solution.accept incident.solution.reject: PUT
incident.approval incident.approval.status incident.approval.type incident.approval.vote_status: GET
incident.approval.possible_voters: GET
incident.approval.accept incident.approval.reject incident.approval.cancel: PUT
incident.approval.add_voter: POST
incident.attributes.priority incident.attributes.source incident.attributes.status: GET
incident.attributes.type incident.attributes.category* incident.attributes.statuses*: GET
categories cf.fields.all cf.fields.types cf.fields.by.category cf.fields.shared.all*: GET
cf.starting.fields.by.category* cf.field.options.list.config*: GET
cf.field.options.list: GET POST DELETE
cf.field.options.tree: GET POST PUT DELETE
timetracking: GET POST DELETE
timetracking.attributes.category: GET
user: GET POST PUT DELETE
users user.by users.by users.groups users.by.extended*: GET
user.convert user.password.reset user.token: POST
user.disable user.enable user.password: PUT
groups locations: GET POST DELETE
companies: GET POST PUT DELETE
groups.users companies.users companies.groups locations.users: GET POST DELETE
companies.observers groups.observers helpdesks.observers levels.observers locations.observers: GET POST DELETE
helpdesks levels helpdesksandlevels: GET
kb.articles kb.categories: GET POST PUT DELETE
kb.articles.attachments: GET POST DELETE
kb.articles.by.ids kb.articles.by.category kb.articles.by.keywords kb.categories.by.ids: GET
internalnotes: GET POST PUT DELETE
breakingnews: GET POST PUT
breakingnews.status: GET POST
breakingnews.all breakingnews.attributes.status breakingnews.attributes.type: GET
triggers triggers.executions cis.by.id assets* data.export*: GET
wf.initialfields.by.category workflow.process*: GET
workflow.field.list.values*: GET POST
wf.deploy: PUT
"""


def _parse() -> tuple[dict[str, frozenset[str]], frozenset[str]]:
    methods: dict[str, frozenset[str]] = {}
    newer = set()
    for line in _MATRIX.strip().splitlines():
        names, _, verbs = line.partition(":")
        for name in names.split():
            methods[name.rstrip("*")] = frozenset(verbs.split())
            if name.endswith("*"):
                newer.add(name.rstrip("*"))
    return methods, frozenset(newer)


METHODS, NEWER = _parse()
"""Methods by endpoint, and the endpoints that older instances do not have (`Switches.missing`)."""


def scope(endpoint: str, method: str) -> str:
    """The name of the permission one call needs."""
    return f"api.v1.{endpoint}:{method.lower()}"


SCOPES = frozenset(scope(name, method) for name, methods in METHODS.items() for method in methods)
