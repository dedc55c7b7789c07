"""Pure: from a ticket and the rules to the draft the target shall hear."""
