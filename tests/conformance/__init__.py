"""One suite for every desk the registry has: what the contract of desks promises, seen from outside."""
