"""What is said to a person about a run."""
