"""What is known about images from elsewhere: owners, pulls and digests in use, from files of JSON lines.

What a file does not tell is unknown, and unknown never counts as unused.
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from strata_fleet.errors import UsageError
from strata_fleet.images import DIGEST, Image

# So many tags with one and the same time were stamped, not pulled: such a time is no clock.
STAMPED = 20


@dataclass(slots=True)
class Facts:
    """By repository, and by the tag, or the digest of what has none, where a line names one."""

    owners: dict[str, str] = field(default_factory=dict)
    pushed: dict[tuple[str, str | None], datetime] = field(default_factory=dict)
    pulls: dict[tuple[str, str | None], datetime] = field(default_factory=dict)
    # Whether any line lists untagged digests: only then is it known what tags do not reach.
    knows_untagged: bool = False
    # `None`: not known which images are in use.
    in_use: set[str] | None = None

    def pushed_at(self, image: Image) -> datetime | None:
        """When the tag, or the manifest itself, was pushed, if that is known."""
        return self.pushed.get((image.repository, image.tag or image.digest))

    def owner(self, image: Image, label: str) -> str:
        """Who pays for an image: the file's owner, else the label's, else the repository."""
        return self.owners.get(image.repository) or image.labels.get(label) or image.repository

    def last_pull(self, image: Image) -> datetime | None:
        """When the tag was pulled last, if that is known of the tag itself."""
        return self.pulls.get((image.repository, image.tag or image.digest))

    def is_in_use(self, image: Image) -> bool | None:
        """Whether something runs the image, by its digest or its index's."""
        if self.in_use is None:
            return None
        return image.digest in self.in_use or image.index in self.in_use


def read_facts(repositories: str | None, in_use: str | None) -> Facts:
    """Both files, where they are given."""
    facts = Facts()
    if repositories is not None:
        for value in _objects(repositories):
            _take(facts, value)
        _forget_stamps(facts)
    if in_use is not None:
        facts.in_use = {digest for value in _objects(in_use) if (digest := _digest_in(value.get("digest")))}
    return facts


def _take(facts: Facts, value: dict[str, Any]) -> None:
    repository = value.get("repository")
    if not isinstance(repository, str):
        raise UsageError("a line of --repositories has no `repository`", "docs/fleet.md shows the lines")
    tag = value.get("tag")
    digest = value.get("digest")
    key = (repository, tag if isinstance(tag, str) else digest if isinstance(digest, str) else None)
    if isinstance(owner := value.get("owner"), str):
        facts.owners[repository] = owner
    if (time := parse_time(value.get("pushed"))) is not None:
        facts.pushed[key] = time
    if (time := parse_time(value.get("lastPull"))) is not None:
        facts.pulls[key] = time
    if value.get("untagged") is not None or (digest is not None and tag is None):
        facts.knows_untagged = True


def _forget_stamps(facts: Facts) -> None:
    """Drops times that many tags share: a rebuilt database stamps all of them at once."""
    counts = Counter(facts.pulls.values())
    stamped = {time for time, count in counts.items() if count >= STAMPED and count * 2 > len(facts.pulls)}
    facts.pulls = {key: time for key, time in facts.pulls.items() if time not in stamped}


def parse_time(value: object) -> datetime | None:
    """A time as registries write it: RFC 3339 or seconds since 1970. The year 1, and what is no time, is unknown."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            time = datetime.fromtimestamp(value, UTC)
        elif isinstance(value, str):
            time = datetime.fromisoformat(value)
        else:
            return None
    except (ValueError, OverflowError, OSError):
        return None
    time = time.replace(tzinfo=UTC) if time.tzinfo is None else time
    return time if time.year > 1970 else None


def _digest_in(value: object) -> str | None:
    """The digest at the end of a name, as clusters export it (`host/app@sha256:…`)."""
    if not isinstance(value, str):
        return None
    digest = value.rsplit("@", 1)[-1]
    return digest if DIGEST.fullmatch(digest) else None


def _objects(path: str) -> Iterable[dict[str, Any]]:
    try:
        with Path(path).open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                value = _json(line)
                if isinstance(value, str):
                    value = {"digest": value}
                if not isinstance(value, dict):
                    raise UsageError(f"line {number} of {path} is not a JSON object")
                yield value
    except OSError as fault:
        raise UsageError(f"cannot read {path}: {fault.strerror}") from fault


def _json(line: bytes) -> object:
    """A line of JSON; a line that is only a name stands for itself."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return line.decode("utf-8", "backslashreplace").strip()
