"""`make bench`: the table of speeds in README, each row against a peer in the same run."""
