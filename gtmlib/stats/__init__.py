"""The statistics floor: numbers in, frozen results out. No tables, no clock, no randomness but a passed rng."""
