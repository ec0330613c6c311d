"""The questions as files of SQL, and the views that they ask of."""

from collections.abc import Iterator
from importlib import resources

# In the order of the page.
QUESTIONS = (
    "totals",
    "owners",
    "repositories",
    "waste",
    "bases",
    "one_base",
    "sharing",
    "growth",
    "unpulled",
    "leaving",
    "failures",
)

# The tables by the names that the views have for them.
NAMES = {
    "layers": "all_layers",
    "entries": "all_entries",
    "failures": "all_failures",
    "images": "all_images",
    "memberships": "all_memberships",
    "runs": "runs",
}


def text(name: str) -> str:
    """A file of SQL."""
    return (resources.files("strata_fleet") / "sql" / f"{name}.sql").read_text()


def views() -> Iterator[str]:
    """The statements that make the views, one after another."""
    lines = [line for line in text("views").splitlines() if not line.startswith("--")]
    yield from (each.strip() for each in "\n".join(lines).split(";") if each.strip())
