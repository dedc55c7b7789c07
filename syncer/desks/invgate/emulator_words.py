"""The enumerations whose ids the product fixes, and their names in two languages."""

from __future__ import annotations

STATUSES = ("New", "Open", "Pending", "Waiting", "Solved", "Closed", "Rejected", "Cancelled")
PRIORITIES = ("Low", "Medium", "High", "Urgent", "Critical")
TYPES = ("Incident", "Service request", "Question", "Problem", "Change", "Major incident")
SOURCES = (
    "E-mail",
    "Web",
    "Phone",
    "In person",
    "Instant message",
    "Scheduled",
    "Imported",
    "API",
    "MS Teams",
    "WhatsApp",
    "Workflow",
    "Chat",
    "Mobile",
    "MCP",
)
SPANISH = {
    "status": (
        "Nuevo",
        "Abierto",
        "Pendiente",
        "En espera",
        "Solucionado",
        "Cerrado",
        "Rechazado",
        "Cancelado",
    ),
    "priority": ("Baja", "Media", "Alta", "Urgente", "Crítica"),
    "type": ("Incidente", "Pedido de servicio", "Pregunta", "Problema", "Cambio", "Incidente mayor"),
    "source": SOURCES,
}
ENGLISH = {"status": STATUSES, "priority": PRIORITIES, "type": TYPES, "source": SOURCES}

NEW, OPEN, PENDING, WAITING, SOLVED, CLOSED, REJECTED, CANCELLED = range(1, 9)
OPEN_STATUSES = frozenset({NEW, OPEN, PENDING, WAITING, SOLVED})
FINAL_STATUSES = frozenset({CLOSED, REJECTED, CANCELLED})

FIELD_TYPES = ("text", "text area", "number", "date", "list", "tree")
WAITING_FOR = {1: "agent", 2: "customer", 3: "date", 4: "external entity", 5: "request"}

_OTHER_WORDS = {
    "canceled": "cancelled",
    "in progress": "open",
    "normal": "medium",
    "request": "service request",
    "task": "service request",
}


def id_of(word: str, names: tuple[str, ...]) -> int:
    """The id of a seeded word; raises ValueError when the product has nothing like it."""
    plain = word.lower().replace("_", " ").replace("-", " ")
    plain = _OTHER_WORDS.get(plain, plain)
    return [name.lower() for name in names].index(plain) + 1


def names_of(kind: str, language: str) -> tuple[str, ...]:
    """The names of an enumeration, in order of id from 1."""
    return (SPANISH if language == "es" else ENGLISH)[kind]
