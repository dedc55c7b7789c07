"""`python -m syncer`, and the command `syncer`."""

import gc
import os

# Starting takes a third of a second, most of it imports: little of what is made meanwhile is garbage, and no plug-in
# of pydantic's is wanted.
gc.set_threshold(50_000, 20, 20)
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from syncer.cli.main import main  # noqa: E402

if __name__ == "__main__":
    main()
