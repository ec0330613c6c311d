"""Whom images belong to: signatures, attestations and the like to what they are about. Pure."""

from collections.abc import Iterable

from strata_fleet.facts import Facts
from strata_fleet.images import Image

# How far referrers of referrers are followed.
DEPTH = 8

Place = tuple[str, str]


class Belonging:
    """What each image is about in the end, and who pays for it."""

    def __init__(self, images: Iterable[Image], facts: Facts, label: str) -> None:
        self._facts, self._label = facts, label
        # By repository and digest, also that of an index: the image that stands for it.
        self._images: dict[Place, Image] = {}
        self._subjects: dict[Place, str] = {}
        for image in images:
            if image.subject is not None:
                self._subjects.setdefault((image.repository, image.digest), image.subject)
            if not image.is_artifact:
                self._images.setdefault((image.repository, image.digest), image)
                if image.index is not None:
                    self._images.setdefault((image.repository, image.index), image)

    def about(self, image: Image) -> str | None:
        """The end of the chain of subjects; `None` for what is about nothing."""
        digest = image.subject
        for _ in range(DEPTH):
            if digest is None or (following := self._subjects.get((image.repository, digest))) is None:
                break
            digest = following
        return digest

    def owner(self, image: Image) -> str:
        """Who pays: for what has no name of its own, the owner of what it is about, or of its index's images."""
        about = self.about(image) or (image.index if image.is_artifact else None)
        if about is not None and (image.tag is None or image.is_artifact):
            image = self._images.get((image.repository, about), image)
        return self._facts.owner(image, self._label)
