"""`python -m syncer`, and the command `syncer`."""

from syncer.cli.main import main

if __name__ == "__main__":
    main()
