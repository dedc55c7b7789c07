"""The command line: parse, call bootstrap, print. No decisions live here."""
