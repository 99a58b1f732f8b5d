"""The data floor: the contract, and a client's exports as canonical tables."""
