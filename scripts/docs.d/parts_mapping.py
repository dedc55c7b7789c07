"""The keys, conversions, losses and reasons of mapping, from its models and tables."""

from __future__ import annotations

from settings_rows import rows, table

from syncer.mapping import rules
from syncer.mapping.convert import CONVERSIONS
from syncer.reports import summary


def keys() -> str:
    """Every key of a mapping file, then those of one field's rule."""
    whole = [row for row in rows(rules.Rules) if row.key not in {"fields", "custom"}]
    return "\n".join(
        [
            "### The file",
            "",
            "| Key | What it is |",
            "|---|---|",
            "| `fields` | Field of the target -> its rule. Must be set. |",
            "",
            table(whole, "Key"),
            "",
            "### The rule of one field",
            "",
            table(rows(rules.FieldRule), "Key"),
        ]
    )


def template_names() -> str:
    """What templates may name."""
    ticket = ", ".join(f"`{name}`" for name in sorted(rules.TEMPLATE_NAMES))
    comment = ", ".join(f"`{name}`" for name in sorted(rules.ATTRIBUTION_NAMES))
    return f"In a field's `template`: {ticket}.\n\nIn `comments.attribution`: {comment}."


def conversions() -> str:
    """Every conversion: how it is written and what it does to one value."""
    lines = ["| Conversion | Written as |", "|---|---|"]
    for name, one in CONVERSIONS.items():
        lines.append(f"| `{name}` | `{one.usage}` |")
    return "\n".join(lines)


def losses() -> str:
    """Every code of the loss ledger."""
    lines = ["| Code | What is counted |", "|---|---|"]
    lines += [f"| `{code}` | {meaning} |" for code, meaning in summary.LOSSES.items()]
    lines += ["| `FIELD_defaulted` | values of FIELD replaced by the mapping's default |"]
    return "\n".join([*lines, "| `FIELD_left_out` | values of FIELD left out, as was decided |"])


def reasons() -> str:
    """Every reason for which a ticket is parked."""
    lines = ["| Reason | What it means |", "|---|---|"]
    return "\n".join([*lines, *(f"| `{reason}` | {meaning} |" for reason, meaning in summary.REASONS.items())])
