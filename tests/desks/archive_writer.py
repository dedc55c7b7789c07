"""A process that fills an archive until it is killed, and says which tickets were acknowledged."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from unittest.mock import patch

from syncer.desks.archive import writing
from syncer.desks.archive.segments import Segments
from tests.desks.archives import archive, drafted, file, migrated, said


async def main(folder: Path, start: int) -> None:
    """From the so-manyth ticket on, four at once; every third has a comment with a file."""
    desk = archive(folder)

    async def one(number: int) -> None:
        comments = [said(1, "f")] if number % 3 == 0 else [said(1)]
        draft = drafted(number, *comments, body="x" * (number % 7) * 100)
        await migrated(desk, draft, {"f": file("f", b"bytes of %d" % number)})
        print(number, flush=True)

    while True:
        await asyncio.gather(*map(one, range(start, start + 4)))
        start += 4


if __name__ == "__main__":
    # Small steps: segments that end, and an index that is behind, are met in each life.
    with (
        patch.object(writing, "COMMIT_EVERY", 20),
        patch.dict(Segments.__init__.__kwdefaults__ or {}, most_bytes=20_000),
    ):
        asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
