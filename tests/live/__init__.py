"""Real helpdesks in the places of emulated ones, where the environment names a scratch server (deploy/live)."""
