"""Values as people read them."""

from datetime import datetime

UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")


def bytes_text(count: int | None) -> str:
    """Three digits and a decimal unit; `-` for what is not known."""
    if count is None:
        return "-"
    size = float(abs(count))
    unit = 0
    while size >= 999.5 and unit < len(UNITS) - 1:
        size /= 1000
        unit += 1
    number = f"{size:.0f}" if unit == 0 or size >= 99.95 else f"{size:.1f}" if size >= 9.995 else f"{size:.2f}"
    return f"{'-' if count < 0 else ''}{number} {UNITS[unit]}"


def value_text(column: str, value: object) -> str:
    """A cell of a table."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        is_bytes = column.lower().endswith("bytes") or column in CAUSE_COLUMNS
        return bytes_text(value) if is_bytes else f"{value:,}"
    if isinstance(value, datetime):
        return value.date().isoformat()
    return str(value)


CAUSE_COLUMNS = ("overwritten", "metadataOnly", "typeChange", "deleted", "opaque", "duplicateEntry")
