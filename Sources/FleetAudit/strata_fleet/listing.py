"""What the sources have: `strata registry ls`, once, by the driver alone, so that a registry meets one reader."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from strata_fleet import worker
from strata_fleet.errors import FleetError
from strata_fleet.images import BadLine, Image, parse
from strata_fleet.listing_file import ListingFile
from strata_fleet.pipe import Pipe
from strata_fleet.settings import Settings, listing_file
from strata_fleet.spread import Layer

# A line that is none is told, but not a million of them.
TOLD_FAULTS = 1000


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that a source could not list, and whether a later run may."""

    source: str
    error: str
    retry: bool
    # Where only one repository, or one manifest of it, is concerned.
    repository: str | None = None
    digest: str | None = None


@dataclass(slots=True)
class Listing:
    """The images of all sources, and what could not be listed."""

    images: list[Image] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def layers(self) -> list[Layer]:
        """Each layer once, from the first place that has it."""
        found: dict[str, Layer] = {}
        for image in self.images:
            for blob in image.layers:
                if blob.is_layer:
                    found.setdefault(blob.digest, Layer(blob.digest, blob.size, image.source, blob.annotations))
        return list(found.values())


def take(listing: Listing, source: str, lines: Iterable[bytes]) -> None:
    """Adds the lines of a source. Of very many faults the last tells no more than that there are others."""
    for line in lines:
        try:
            listing.images.append(parse(line, source))
        except BadLine as fault:
            if len(listing.faults) < TOLD_FAULTS:
                listing.faults.append(Fault(source, str(fault), fault.retry, fault.repository, fault.digest))
            elif len(listing.faults) == TOLD_FAULTS:
                listing.faults.append(Fault(source, f"more than {TOLD_FAULTS} lines of the listing are failures", True))


def list_sources(settings: Settings) -> Listing:
    """Lists every source. One that ends early keeps what it had listed, and the rest is a fault."""
    listing = Listing()
    with ListingFile(listing_file(settings)) as file:
        for source in settings.sources:
            with Pipe(worker.listing(source, settings, file.known), None) as pipe:
                for block in pipe.blocks():
                    file.write(block)
                    take(listing, source, block.splitlines())
                if pipe.status != 0:
                    fault = f"the listing ended with status {pipe.status}: {pipe.message}"
                    listing.faults.append(Fault(source, fault, True))
        if listing.images:
            file.keep()
    if not listing.images:
        told = "; ".join(f"{fault.source}: {fault.error}" for fault in listing.faults[:3])
        raise FleetError(
            f"no image is listed ({told})" if told else "the sources have no images",
            "try `strata registry ls` with the same source; where the catalog is refused, use --repositories",
        )
    return listing
