"""The presentation floor: a result and a language in, an exhibit out."""
